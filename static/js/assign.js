// The assign wizard's comforts: the scope picker as a dialog, steps in view, an editor's indents.
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

  // On a phone the steps scroll sideways: the current one comes into view.
  const showStep = () => document.querySelector(".assign [aria-current=step]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.matches(".assign, #impact-count") && showStep());
  showStep();

  // The JSON editor: Enter keeps the indent, a step more after an open bracket; a closing
  // bracket at the start of a line goes a step back.  Tab stays what leaves the field.
  document.addEventListener("keydown", (event) => {
    const editor = event.target;
    if (!editor.matches?.("[data-json-editor]") || event.isComposing || event.ctrlKey || event.metaKey) return;
    const caret = editor.selectionStart;
    const line = editor.value.slice(editor.value.lastIndexOf("\n", caret - 1) + 1, caret);
    let text;
    if (event.key === "Enter") {
      text = `\n${line.match(/^[ \t]*/)[0]}${/[[{]\s*$/.test(line) ? "  " : ""}`;
    } else if (/^[\]}]$/.test(event.key) && /^ +$/.test(line) && caret === editor.selectionEnd) {
      editor.setSelectionRange(caret - Math.min(2, line.length), caret);
      text = event.key;
    } else {
      return;
    }
    event.preventDefault();
    // insertText, unlike setRangeText, leaves the change in the undo history.
    document.execCommand("insertText", false, text);
  });
})();
