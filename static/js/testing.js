// The drop zone: files that are dropped become those of the file input.
(() => {
  const zone = document.querySelector("[data-drop-zone]");
  const input = zone?.querySelector("input[type=file]");
  if (!input) return;

  const over = (yes) => zone.classList.toggle("drop-zone-over", yes);
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      over(true);
    });
  }
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A link to a line opens the fold that the line is in, which the browser alone does not.
  function unfold() {
    if (!location.hash) return;
    const line = document.getElementById(location.hash.slice(1));
    const fold = line?.closest("details");
    if (fold && !fold.open) {
      fold.open = true;
      line.scrollIntoView({ block: "center" });
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
})();
