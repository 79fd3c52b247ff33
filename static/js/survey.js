// Where a caret stands in a JSON text that may be unfinished, for what completes it.
//
// Of the text no more is kept than what a suggestion takes, and nothing is read twice while a word
// grows: a text of thousands of lines is typed in as a short one is.
const survey = (() => {
  const TOKEN = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[{}[\]:,]|[^\s"{}[\]:,]+/g;
  const PUNCTUATION = "{}[]:,";
  let last;

  const isText = (token) => token[0] === '"';
  const isClosed = (token) => token.length > 1 && token.endsWith('"') && !token.endsWith('\\"');
  const content = (token) => token.slice(1, isClosed(token) ? -1 : undefined);

  const frame = (open, start, parent, step) => ({
    open,
    start,
    parent,
    step,
    depth: parent ? parent.depth + 1 : 0,
    wants: open === "{" ? "key" : "value",
    key: "",
    index: 0,
  });

  const stepOf = (inside) => (inside.open === "{" ? inside.key : inside.index);

  // The way to an object or a list: names and numbers, from the top.
  function pathOf(inside) {
    const path = [];
    for (let one = inside; one.parent?.open; one = one.parent) path.unshift(one.step);
    return path;
  }

  function place(inside) {
    if (inside.wants === "key") return { kind: "key", path: pathOf(inside) };
    if (inside.wants !== "value") return { kind: inside.open === "{" ? "key" : "", path: pathOf(inside) };
    return { kind: "value", path: inside.open ? [...pathOf(inside), stepOf(inside)] : [] };
  }

  function holds(token, start, caret) {
    const end = start + token.length;
    if (isText(token)) return start < caret && (caret < end || (caret === end && !isClosed(token)));
    return start < caret && caret <= end && !PUNCTUATION.includes(token);
  }

  // One pass over the text: the place of the caret, and what the text defines.
  function read(text, caret) {
    const parameters = [];
    const names = {};
    let inside = frame("", 0, undefined, "");
    let found;
    let before = "";
    const take = (start, token) => {
      found = { ...place(inside), inside, start, token };
    };
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      const token = match[0];
      const start = match.index;
      if (!found && caret <= start) take(caret, "");
      else if (!found && holds(token, start, caret)) take(start, token);
      if (token === "{" || token === "[") {
        inside = frame(token, start, inside, stepOf(inside));
      } else if (token === "}" || token === "]") {
        inside = inside.parent ?? inside;
        inside.wants = "comma";
      } else if (token === ",") {
        inside.index += 1;
        inside.wants = inside.open === "{" ? "key" : "value";
      } else if (token === ":") {
        inside.key = content(before);
        inside.wants = "value";
        if (inside.depth === 2 && inside.step === "parameters") parameters.push(inside.key);
      } else {
        if (inside.wants === "value" && inside.key === "name" && inside.depth === 3 && isText(token))
          (names[inside.parent.step] ??= []).push(content(token));
        inside.wants = inside.wants === "key" ? "colon" : "comma";
        before = token;
      }
    }
    if (!found) take(caret, "");
    const taken = found.kind === "key" ? fieldsOf(text, found.inside.start, found.start) : undefined;
    return { ...found, parameters, names, taken };
  }

  // While the word at the caret grows or shrinks, all around it is as it was.
  function grown(text, caret) {
    if (!last?.token || caret <= last.start) return undefined;
    TOKEN.lastIndex = last.start;
    const match = TOKEN.exec(text);
    if (match?.index !== last.start || !holds(match[0], last.start, caret)) return undefined;
    if (text.slice(last.start + match[0].length) !== last.after || text.slice(0, last.start) !== last.before) return undefined;
    return { ...last.found, token: match[0] };
  }

  // What stands behind each name of an object, as it is written; names alone where that is open.
  function fieldsOf(text, start, without) {
    const fields = new Map();
    let depth = 0;
    let name;
    let [from, key, keyAt] = [0, "", 0];
    const close = (end) => {
      if (name !== undefined && keyAt !== without) fields.set(name, text.slice(from, end).trim());
      name = undefined;
    };
    TOKEN.lastIndex = start;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      const token = match[0];
      if (token === "{" || token === "[") depth += 1;
      else if (token === "}" || token === "]") depth -= 1;
      if (depth === 0 || (depth === 1 && token === ",")) close(match.index);
      if (depth === 0) break;
      if (depth !== 1) continue;
      if (token === ":" && name === undefined) [name, from] = [content(key), match.index + 1];
      else if (isText(token) && name === undefined) [key, keyAt] = [token, match.index];
    }
    close(text.length);
    return fields;
  }

  // {kind, path, inside, start, token, caret, taken, parameters, names}: what is written at the
  // caret ("key", "value" or nothing that could be), the way there, the word that the caret is in,
  // the keys beside it, and the names that the text defines.
  function at(text, caret) {
    const found = grown(text, caret) ?? read(text, caret);
    const { start, token } = found;
    last = { found, start, token, before: text.slice(0, start), after: text.slice(start + token.length) };
    return { ...found, caret };
  }

  return { at, fieldsOf, isText, isClosed, content };
})();
