// The editor of definitions: behind the field, the lines in view are drawn with their numbers and
// colours.  No more than those, so that a text of thousands of lines is typed in as a short one is.
(() => {
  const field = document.getElementById("author-text");
  const lines = document.getElementById("author-lines");
  if (!field || !lines) return;

  // The names of the groups are Pygments' short ones, which css/code.css colours.
  const COLOURS = {
    json: /(?<nt>"[^"\\]*(?:\\.[^"\\]*)*"(?=\s*:))|(?<s2>"[^"\\]*(?:\\.[^"\\]*)*"?)|(?<mi>-?\d[\d.eE+-]*)|(?<kc>\b(?:true|false|null)\b)/g,
    yaml: /(?<c1>(?<=^|\s)#.*)|(?<nt>(?<=^\s*(?:- +)*)[\w.$/-]+(?=:(?:\s|$)))|(?<s2>"[^"\\]*(?:\\.[^"\\]*)*"|'[^']*')|(?<mi>\b\d+\b)|(?<kc>\b(?:true|false|null)\b)/g,
  };
  const colours = COLOURS[lines.dataset.language];
  const COLOURED = 2_000;
  const sheet = document.createElement("div");
  let whole = "";
  let texts = [];
  let marked = new Set();
  let rows = [];

  function coloured(text) {
    const parts = [];
    let at = 0;
    // What stands on one line alone, as Base64 does, would else be drawn in thousands of pieces.
    for (const found of text.slice(0, COLOURED).matchAll(colours)) {
      const part = document.createElement("span");
      part.className = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
      part.textContent = found[0];
      parts.push(text.slice(at, found.index), part);
      at = found.index + found[0].length;
    }
    return [...parts, text.slice(at)];
  }

  function row(text, number, isMarked) {
    const node = document.createElement("div");
    node.className = isMarked ? "author-line author-line-marked" : "author-line";
    node.dataset.number = number;
    node.append(...coloured(text));
    return { text, number, isMarked, node };
  }

  const same = (one, other) => one?.text === other.text && one.number === other.number && one.isMarked === other.isMarked;

  function draw() {
    const height = parseFloat(getComputedStyle(field).lineHeight);
    const first = Math.floor(field.scrollTop / height);
    const known = new Map(rows.map((one) => [one.number, one]));
    rows = texts.slice(first, first + Math.ceil(field.clientHeight / height) + 1).map((text, at) => {
      const wanted = { text, number: first + at + 1, isMarked: marked.has(first + at + 1) };
      const old = known.get(wanted.number);
      return same(old, wanted) ? old : row(text, wanted.number, wanted.isMarked);
    });
    const drawn = [...sheet.children];
    if (drawn.length !== rows.length) sheet.replaceChildren(...rows.map((one) => one.node));
    else for (const [at, one] of rows.entries()) if (drawn[at] !== one.node) drawn[at].replaceWith(one.node);
    sheet.style.minWidth = `${field.scrollWidth}px`;
    sheet.style.transform = `translateY(${first * height - field.scrollTop}px)`;
    lines.scrollLeft = field.scrollLeft;
  }

  // A key changes the text beside the caret: [first line, lines that are gone, lines instead].
  function changed(value) {
    const longer = value.length - whole.length;
    const caret = field.selectionEnd;
    const from = value.lastIndexOf("\n", Math.min(caret, caret - longer) - 1) + 1;
    const end = value.indexOf("\n", caret);
    const to = end < 0 ? value.length : end;
    // Whatever else has happened, all of it is read anew.
    if (from > to - longer || whole.slice(0, from) !== value.slice(0, from) || whole.slice(to - longer) !== value.slice(to))
      return [0, texts.length, value.split("\n")];
    let first = 0;
    for (let passed = 0; passed < from; first += 1) passed += texts[first].length + 1;
    return [first, whole.slice(from, to - longer).split("\n").length, value.slice(from, to).split("\n")];
  }

  // Until the next check says otherwise, a mark goes with its line, and goes where that is changed.
  function follow() {
    const value = field.value;
    const [start, gone, instead] = changed(value);
    const grown = instead.length - gone;
    const kept = [...marked].filter((line) => line <= start || line > start + gone);
    marked = new Set(kept.map((line) => (line > start ? line + grown : line)));
    texts = [...texts.slice(0, start), ...instead, ...texts.slice(start + gone)];
    whole = value;
    draw();
  }

  // Each error leads to its line: these are the lines to mark.
  function mark() {
    marked = new Set([...document.querySelectorAll("a[data-line]")].map((link) => Number(link.dataset.line)));
    draw();
  }

  lines.append(sheet);
  field.parentElement.classList.add("author-drawn");
  field.addEventListener("input", follow);
  field.addEventListener("scroll", draw);
  document.addEventListener("htmx:afterSwap", mark);
  new ResizeObserver(draw).observe(field);
  follow();
  mark();

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-line]");
    if (!link) return;
    event.preventDefault();
    const before = field.value.split("\n").slice(0, Number(link.dataset.line) - 1);
    const at = before.reduce((sum, line) => sum + line.length + 1, 0);
    field.focus();
    field.setSelectionRange(at, at);
    field.scrollTop = before.length * parseFloat(getComputedStyle(field).lineHeight) - field.clientHeight / 3;
    draw();
  });
})();
