// Elements, and numbers as words. An explorer's module is the files of this folder followed by
// its own (see explorer.py), because a module that arrives as text cannot import a neighbour.

const MINUS = "\u2212";

/**
 * Make an element: attributes as strings, properties as anything else, `on...` as listeners.
 * What can have the focus keeps its keys: JupyterLab's and RISE's shortcuts are for "the
 * focused element in a notebook" and take a key before it gets here, unless this attribute
 * is on that very element.
 */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (/^(button|canvas|input|select)$/.test(tag)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "string") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** The same for a drawing of lines. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Seen by nobody: its text is read out when it changes. */
const announcer = () => h("div", { class: "cx-hidden", role: "status", "aria-live": "polite" });

/** At most two decimals, with a true minus sign, never "-0". */
function format(value) {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toFixed(2));
  return (rounded < 0 ? MINUS : "") + String(Math.abs(rounded));
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
