// The exemption form's comforts: its list of policies narrowed by words and chosen by ticking.
(() => {
  const form = document.getElementById("exemption");

  function narrow(search) {
    const list = document.getElementById(search.dataset.narrow);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const choice of list.querySelectorAll("[data-text]")) {
      choice.hidden = !words.every((word) => choice.dataset.text.includes(word));
      if (!choice.hidden) left += 1;
    }
    list.querySelector("[data-none]").hidden = left > 0;
  }

  form.addEventListener("input", (event) => event.target.matches("[data-narrow]") && narrow(event.target));

  // Enter in the search narrows the list, as it has done already, and sends nothing.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-narrow]")) event.preventDefault();
  });

  // Ticking a policy means that only some are exempt.
  form.addEventListener("change", (event) => {
    if (event.target.name === "reference_ids" && event.target.checked)
      form.querySelector("[name=policies][value=some]").checked = true;
  });
})();
