// What was typed into an exercise, as numbers: the way Python would read it.

// Numbers, pi, + - * / ** and %, brackets of both kinds; `14 x 14 x 20` is a tuple.
function read(source) {
  let words = source.trim().replace(/[−–]/g, "-");
  if (/^[\d.\s]+([x×][\d.\s]+)+$/.test(words)) words = words.replace(/[x×]/g, ",");
  const tokens = words.match(/((np|math)\.)?pi\b|π|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|\*\*|\S/gi) ?? [];
  const fail = () => {
    throw new SyntaxError(source);
  };
  const figure = (value) => (typeof value === "number" ? value : fail());
  let at = 0;
  const take = (token) => tokens[at] === token && ++at;
  function several(end) {
    const items = [];
    let commas = 0;
    while (at < tokens.length && tokens[at] !== end) {
      items.push(sum());
      if (!take(",")) break;
      commas++;
    }
    if (end && !take(end)) fail();
    return end !== "]" && !commas && items.length ? items[0] : { items, list: end === "]" };
  }
  function atom() {
    if (take("(")) return several(")");
    if (take("[")) return several("]");
    const word = tokens[at++] ?? "";
    const value = /pi|π/i.test(word) ? Math.PI : /^\.?\d/.test(word) ? Number(word) : fail();
    return take("%") ? value / 100 : value;
  }
  function power() {
    const base = atom();
    return take("**") ? figure(base) ** figure(signed()) : base;
  }
  function signed() {
    if (take("-")) return -figure(signed());
    return take("+") ? figure(signed()) : power();
  }
  function product() {
    let value = signed();
    for (;;)
      if (take("*")) value = figure(value) * figure(signed());
      else if (take("/")) value = figure(value) / figure(signed());
      else return value;
  }
  function sum() {
    let value = product();
    for (;;)
      if (take("+")) value = figure(value) + figure(product());
      else if (take("-")) value = figure(value) - figure(product());
      else return value;
  }
  const value = several("");
  return at < tokens.length ? fail() : value;
}

// A number, {items, list} of such, or {words, numbers}: a text, and whether numbers are in it.
function understood(typed) {
  if (Array.isArray(typed)) return { items: typed.map(understood), list: false };
  const quoted = typed.trim().match(/^(['"])(.*)\1$/s);
  const words = quoted ? quoted[2] : typed.trim();
  try {
    const value = read(words);
    return quoted ? { words, numbers: true } : value;
  } catch {
    return { words, numbers: false };
  }
}

// As Python finds that dots were left: nothing, or dots, in any of the fields.
function unfilled(typed) {
  if (Array.isArray(typed)) return typed.some(unfilled);
  return /^[\s._()[\],…]*$/.test(typed) || /\.\.\.|…/.test(typed);
}

const isText = (value) => value.words !== undefined || Boolean(value.items?.some(isText));

// The shape of nested items and their numbers in a row; null for rows of different lengths.
function flat(value) {
  if (typeof value === "number") return { shape: [], numbers: [value] };
  const parts = value.items.map(flat);
  if (parts.some((part) => !part || !sameShape(part.shape, parts[0].shape))) return null;
  const inner = parts.length ? parts[0].shape : [];
  return { shape: [parts.length, ...inner], numbers: parts.flatMap((p) => p.numbers) };
}

const sameShape = (one, other) => one.join() === other.join();
