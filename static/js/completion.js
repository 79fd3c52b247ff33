// Keyword completion in the editor of definitions.  What a definition is made of comes from the
// server once (data-keywords); where the caret stands is read from the text, which may be unfinished.
//
// The field stays the text box that it is, as ARIA has it for text of several lines: it names the
// list with aria-controls and the option in question with aria-activedescendant.
(() => {
  const field = document.querySelector("textarea[data-keywords]");
  if (!field) return;

  const { isText, isClosed } = survey;
  const STARTS = { object: ["{", "}"], array: ["[", "]"], string: ['"', '"'] };
  let vocabulary;
  let loading;
  let writing = false;
  let options = [];
  let active = 0;
  let spot;
  let dismissed = -1;

  // What fits there

  function fieldAt(path) {
    let here = { type: "object", shape: vocabulary.root };
    for (const step of path) {
      if (Number.isInteger(step)) here = here?.items;
      else here = vocabulary.shapes[here?.shape]?.fields[step] ?? vocabulary.shapes[here?.shape]?.each;
    }
    return here;
  }

  // Names that others define: fields of the template, parameters of a member's policy.

  const answers = new Map();
  const named = new WeakMap();
  let pending;

  function ask(beside) {
    if (!answers.has(beside)) {
      const body = new FormData(field.form);
      for (const name of [...body.keys()]) if (name !== "csrfmiddlewaretoken") body.delete(name);
      body.set("beside", beside);
      answers.set(beside, []);
      const failed = () => answers.delete(beside);
      pending = fetch(field.dataset.names, { method: "POST", body })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
        .then((found) => answers.set(beside, found), failed);
    }
    return answers.get(beside) ?? [];
  }

  // The names of an object at a path, each as a field; none where the vocabulary has all of them.
  function namesIn(inside, path) {
    const shape = vocabulary.shapes[fieldAt(path)?.shape];
    if (!shape?.beside) return {};
    if (!named.has(inside)) {
      const around = survey.fieldsOf(field.value, inside.parent.start);
      const given = shape.beside.flatMap((name) => {
        try {
          return around.has(name) ? [[name, JSON.parse(around.get(name))]] : [];
        } catch {
          return []; // it is being written
        }
      });
      named.set(inside, given.length ? JSON.stringify(Object.fromEntries(given)) : "");
    }
    const beside = named.get(inside);
    const within = Object.keys(vocabulary.shapes[shape.each.shape]?.fields ?? {});
    const around = within.length ? [`{"${within[0]}": `, "}"] : ["", ""];
    const found = beside ? ask(beside) : [];
    return Object.fromEntries(found.map(({ label, ...one }) => [label, { ...one, around }]));
  }

  // What is known of the value at a path that one of those names has.
  function namedAt({ inside, path }) {
    const own = namesIn(inside, path.slice(0, -1))[path.at(-1)];
    if (own || !inside.parent?.parent) return own;
    return namesIn(inside.parent, path.slice(0, -2))[path.at(-2)];
  }

  const fits = (typed) => (option) => option.label.toLowerCase().includes(typed.toLowerCase());
  const begins = (typed) => (option) => (option.label.toLowerCase().startsWith(typed.toLowerCase()) ? 0 : 1);

  function chosen(all, typed) {
    const rank = begins(typed);
    return all.filter(fits(typed)).sort((one, other) => rank(one) - rank(other));
  }

  // The part of a token that is written already, and the range that an option takes the place of.
  function written({ token, start, caret }) {
    const quoted = isText(token);
    const typed = field.value.slice(start + (quoted ? 1 : 0), caret);
    const rest = /^[\w.$-]*/.exec(field.value.slice(caret))[0].length;
    const end = !token ? caret : quoted && !isClosed(token) ? caret + rest : start + token.length;
    return { typed, start, end };
  }

  function keys(at) {
    const { typed, start, end } = written(at);
    const fields = { ...vocabulary.shapes[fieldAt(at.path)?.shape]?.fields, ...namesIn(at.inside, at.path) };
    const free = Object.entries(fields).filter(([name]) => !at.taken.has(name));
    return { typed, start, end, all: free.map(([label, one]) => ({ label, about: one.about, key: one })) };
  }

  function values(at) {
    const range = written(at);
    const one = fieldAt(at.path) ?? {};
    if (isText(at.token) && range.typed.startsWith("[")) return one.expression ? expression(at, range) : undefined;
    const known = [...(one.values ?? namedAt(at)?.values ?? []), ...(at.names[one.namedBy] ?? [])];
    const all = known.map((value) => ({ label: String(value), about: one.about, text: JSON.stringify(value) }));
    const given = one.expression ? at.parameters.map((name) => `[parameters('${name}')]`) : [];
    all.push(...given.map((label) => ({ label, about: "What the assignment sets", text: JSON.stringify(label) })));
    return { ...range, all };
  }

  function expression({ caret, parameters }, { typed, end }) {
    const name = /\bparameters\(\s*'([^']*)$/i.exec(typed)?.[1];
    const stop = Math.min(end, caret + /^[\w-]*/.exec(field.value.slice(caret))[0].length);
    if (name !== undefined) {
      const all = parameters.map((label) => ({ label, about: "A parameter of the definition", text: label }));
      return { typed: name, start: caret - name.length, end: stop, all };
    }
    const word = typed.split("'").length % 2 ? /\w*$/.exec(typed)[0] : undefined;
    if (word === undefined) return undefined;
    const next = field.value[stop];
    const all = vocabulary.functions.map((label) => {
      if (next === "(") return { label, about: "A function", text: label };
      const quote = label === "parameters" ? "'" : "";
      // Where the string ends, so does the expression.
      return { label, about: "A function", text: `${label}(${quote}`, after: `${quote})${next === '"' ? "]" : ""}` };
    });
    return { typed: word, start: caret - word.length, end: stop, all };
  }

  function suggestions() {
    const at = survey.at(field.value, field.selectionStart);
    const found = at.kind === "key" ? keys(at) : at.kind === "value" ? values(at) : undefined;
    if (!found) return undefined;
    return { ...found, at, options: chosen(found.all, found.typed) };
  }

  // The list

  const list = document.createElement("ul");
  list.id = "author-options";
  list.className = "author-options";
  list.hidden = true;
  list.tabIndex = 0; // what scrolls can be reached; Tab itself takes an option while the list is open
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const said = document.createElement("div");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  field.after(list, said);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");

  const isOpen = () => !list.hidden;

  function close() {
    if (!isOpen()) return;
    list.hidden = true;
    said.textContent = "";
    field.removeAttribute("aria-controls");
    field.removeAttribute("aria-activedescendant");
  }

  function span(className, text) {
    const made = document.createElement("span");
    made.className = className;
    made.textContent = text;
    return made;
  }

  function row(option, number) {
    const made = document.createElement("li");
    made.id = `author-option-${number}`;
    made.className = "author-option";
    made.setAttribute("role", "option");
    made.append(span("author-option-name", option.label), span("author-option-about", option.about));
    return made;
  }

  function show(found) {
    ({ options } = found);
    spot = found;
    list.replaceChildren(...options.map(row));
    if (!isOpen()) said.textContent = `${options.length} suggestions: arrows choose, Enter takes one, Escape closes.`;
    list.hidden = false;
    field.setAttribute("aria-controls", list.id);
    mark(0);
    put();
  }

  function mark(number) {
    active = (number + options.length) % options.length;
    for (const [at, one] of [...list.children].entries()) one.setAttribute("aria-selected", at === active);
    field.setAttribute("aria-activedescendant", list.children[active].id);
    const { offsetTop, offsetHeight } = list.children[active];
    list.scrollTop = Math.min(offsetTop, Math.max(list.scrollTop, offsetTop + offsetHeight - list.clientHeight));
  }

  // Below the line of the caret, or above it where the window ends; within the editor in any case.
  function put() {
    const before = field.value.slice(0, spot.start);
    const line = before.split("\n").length;
    const column = before.length - before.lastIndexOf("\n") - 1;
    const area = field.parentElement.getBoundingClientRect();
    const caret = placeOf(line, column) ?? area;
    const left = Math.min(caret.left - area.left, area.width - list.offsetWidth - 2);
    const above = caret.bottom + list.offsetHeight > innerHeight && caret.top - list.offsetHeight > 0;
    list.style.left = `${Math.max(0, left)}px`;
    list.style.top = `${above ? caret.top - area.top - list.offsetHeight - 2 : caret.bottom - area.top + 2}px`;
  }

  function placeOf(line, column) {
    const drawn = document.querySelector(`.author-line[data-number="${line}"]`);
    if (!drawn) return undefined;
    const walker = document.createTreeWalker(drawn, NodeFilter.SHOW_TEXT);
    let left = column;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) {
        const range = document.createRange();
        range.setStart(node, left);
        return range.getBoundingClientRect();
      }
      left -= node.length;
    }
    return drawn.getBoundingClientRect();
  }

  // insertText, unlike setRangeText, leaves the change in the undo history.
  function replace(start, end, text, back) {
    writing = true;
    field.setSelectionRange(start, end);
    document.execCommand("insertText", false, text);
    writing = false;
    field.setSelectionRange(start + text.length - back, start + text.length - back);
  }

  function take() {
    const option = options[active];
    const { start, end } = spot;
    close();
    dismissed = -1;
    if (option.key) takeKey(option, start, end);
    else replace(start, end, option.text + (option.after ?? ""), option.after?.length ?? 0);
    // A name leads to its value, and parameters( to the names of parameters.
    if (option.key?.values || option.key?.around || option.key?.items?.values || option.text?.endsWith("('")) refresh(true);
  }

  function takeKey({ label, key }, start, end) {
    const next = /^\s*(.)/s.exec(field.value.slice(end))?.[1];
    const name = JSON.stringify(label);
    if (next === ":") {
      replace(start, end, name, 0);
      return;
    }
    const [open, shut] = key.around ?? STARTS[key.type] ?? ["", ""];
    const comma = next === '"' ? "," : "";
    if (!key.shape || key.type !== "object") {
      replace(start, end, `${name}: ${open}${shut}${comma}`, shut.length + comma.length);
      return;
    }
    const line = field.value.slice(field.value.lastIndexOf("\n", start - 1) + 1, start);
    const indent = /^\s*/.exec(line)[0];
    const tail = `\n${indent}${shut}${comma}`;
    replace(start, end, `${name}: ${open}\n${indent}  ${tail}`, tail.length);
  }

  // Without an answer nothing is suggested, and the next key asks again.
  function load() {
    const keep = (found) => {
      vocabulary = found;
      // What runs for the first time is slow, which should not fall to the first key.
      (window.requestIdleCallback ?? setTimeout)(() => survey.at(field.value, field.selectionStart));
    };
    loading ??= fetch(field.dataset.keywords).then((answer) => answer.json()).then(keep, () => (loading = undefined));
    return loading;
  }

  async function refresh(asked) {
    if (!vocabulary) await load();
    if (!vocabulary) return;
    pending = undefined;
    const [text, caret] = [field.value, field.selectionStart];
    const found = suggestions();
    pending?.then(() => field.value === text && field.selectionStart === caret && refresh(asked));
    const exact = found?.options.length === 1 && found.options[0].label === found.typed && found.at.token;
    // While one types, a list opens in a word or a string alone, and not where it was closed.
    const wanted = asked || (found?.at.token && found.start !== dismissed && found.at.start !== dismissed);
    if (!found?.options.length || exact || !wanted) close();
    else show(found);
  }

  // The keyboard, the pointer, and what is typed

  const moves = { ArrowDown: () => mark(active + 1), ArrowUp: () => mark(active - 1), Enter: take, Tab: take };

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.ctrlKey && event.code === "Space") {
      event.preventDefault();
      dismissed = -1;
      refresh(true);
    } else if (isOpen() && event.key === "Escape") {
      event.stopPropagation();
      dismissed = spot.start;
      close();
    } else if (isOpen() && moves[event.key] && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      moves[event.key]();
    } else if (/^(Arrow|Home|End|Page)/.test(event.key)) {
      close();
    }
  });
  field.addEventListener("input", (event) => {
    if (writing) return;
    if (isOpen() || (event.inputType === "insertText" && /["\w.[('-]/.test(event.data ?? ""))) refresh(false);
  });
  field.addEventListener("focus", load);
  field.addEventListener("blur", close);
  field.addEventListener("scroll", () => isOpen() && put());
  field.addEventListener("pointerdown", close);
  // The field keeps the focus; a finger can scroll the list without taking anything.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    active = [...list.children].indexOf(option);
    take();
  });
})();
