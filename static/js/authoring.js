// The editor of definitions: the coloured, numbered lines behind the field follow what is typed.
(() => {
  const field = document.getElementById("author-text");
  if (!field) return;
  const drawn = () => document.getElementById("author-lines");
  let texts = [];

  const scroll = () => {
    drawn().scrollTop = field.scrollTop;
    drawn().scrollLeft = field.scrollLeft;
  };

  const plain = (text) => {
    const line = document.createElement("div");
    line.className = "author-line";
    line.textContent = text;
    return line;
  };

  // Only the lines that differ are drawn anew, so that a long text is typed in without lag; they
  // get their colours back with the next answer of the server.
  function follow() {
    const lines = drawn();
    const wanted = field.value.split("\n");
    let start = 0;
    while (start < texts.length && start < wanted.length && texts[start] === wanted[start]) start += 1;
    let end = 0;
    const most = Math.min(texts.length, wanted.length) - start;
    while (end < most && texts[texts.length - 1 - end] === wanted[wanted.length - 1 - end]) end += 1;
    const after = lines.children[texts.length - end] ?? null;
    for (let count = texts.length - end - start; count > 0; count -= 1) lines.children[start].remove();
    for (const text of wanted.slice(start, wanted.length - end)) lines.insertBefore(plain(text), after);
    texts = wanted;
    scroll();
  }

  function restart() {
    texts = [...drawn().children].map((line) => line.textContent);
    follow();
  }

  field.addEventListener("input", follow);
  field.addEventListener("scroll", scroll);
  document.addEventListener("htmx:oobAfterSwap", restart);
  restart();

  // From an error to its line.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-line]");
    if (!link) return;
    event.preventDefault();
    const before = field.value.split("\n").slice(0, Number(link.dataset.line) - 1);
    const at = before.reduce((sum, line) => sum + line.length + 1, 0);
    field.focus();
    field.setSelectionRange(at, at);
    field.scrollTop = before.length * parseFloat(getComputedStyle(field).lineHeight) - field.clientHeight / 3;
    scroll();
  });
})();
