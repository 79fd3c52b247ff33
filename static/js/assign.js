// The assign wizard's comforts: the scope picker as a dialog, an editor that keeps the indent.
(() => {
  const picker = (element) => element.closest?.("[data-picker]");

  function openPicker(details) {
    const dialog = details.querySelector("dialog");
    details.open = true;
    dialog.showModal();
    (dialog.querySelector("input:checked") ?? dialog.querySelector("input:not(:disabled)"))?.focus();
  }

  // Leaving the dialog without "Use this scope" forgets what was clicked in it.
  function closePicker(details) {
    for (const radio of details.querySelectorAll("input[type=radio]")) radio.checked = radio.defaultChecked;
    details.querySelector("dialog").close();
  }

  document.addEventListener("click", (event) => {
    const details = picker(event.target);
    if (!details) return;
    if (event.target.closest("summary")) {
      event.preventDefault();
      openPicker(details);
    } else if (event.target.matches("[data-cancel-picker], dialog")) {
      closePicker(details);
    }
  });

  // "cancel" (Escape) and "close" do not bubble, so they are caught on their way down.
  document.addEventListener("cancel", (event) => picker(event.target) && closePicker(picker(event.target)), true);
  document.addEventListener(
    "close",
    (event) => {
      const details = picker(event.target);
      if (!details) return;
      details.open = false;
      details.querySelector("summary").focus();
    },
    true,
  );

  // Enter in the JSON editor keeps the indent of the line, one step more after an open bracket.
  document.addEventListener("keydown", (event) => {
    const editor = event.target;
    if (event.key !== "Enter" || !editor.matches("[data-json-editor]") || event.isComposing) return;
    const before = editor.value.slice(0, editor.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const indent = line.match(/^[ \t]*/)[0] + (/[[{]\s*$/.test(line) ? "  " : "");
    event.preventDefault();
    // insertText, unlike setRangeText, leaves the change in the undo history.
    document.execCommand("insertText", false, `\n${indent}`);
  });
})();
