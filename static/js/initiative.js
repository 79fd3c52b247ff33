// The editor of initiatives: a button that leads to another page is sent as a plain form, past htmx.
document.addEventListener(
  "submit",
  (event) => {
    if (event.submitter?.hasAttribute("data-whole-page")) event.stopImmediatePropagation();
  },
  true,
);
