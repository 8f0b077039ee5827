// Controls and the frame around them.
// Each has buttons, because on a slide the arrow keys turn the page.

/** A button's name: the words on it are part of it, so that who says them finds it. */
function named(text, label) {
  const words = /[\p{L}\d]/u.test(text) && !label.toLowerCase().includes(text.toLowerCase());
  return words ? `${text}: ${label}` : label;
}

function button(text, label, onclick) {
  return h("button", { type: "button", class: "cx-button", title: label, "aria-label": named(text, label), onclick }, text);
}

const labelled = (label, ...children) =>
  h("div", { class: "cx-control", role: "group", "aria-label": label }, h("span", { class: "cx-label" }, label), ...children);

/** One of several: a list with a button to either side. options() -> [[value, text], ...] */
function chooser(label, options, get, set) {
  const list = h("select", { "aria-label": label, onchange: () => set(options()[list.selectedIndex][0]) });
  const move = (by) => {
    const values = options().map(([value]) => value);
    const at = values.indexOf(get());
    set(values[(Math.max(at, by > 0 ? -1 : 0) + by + values.length) % values.length]);
  };
  const element = labelled(
    label,
    button("\u2039", `${label}: previous`, () => move(-1)),
    list,
    button("\u203a", `${label}: next`, () => move(1)),
  );
  let shown = "";
  return {
    element,
    update() {
      const texts = options().map(([, text]) => text);
      if (shown !== texts.join("\n")) {
        list.replaceChildren(...texts.map((text) => h("option", {}, text)));
        shown = texts.join("\n");
      }
      list.selectedIndex = options().findIndex(([value]) => value === get());
    },
  };
}

/** A whole number between two buttons. */
function stepper(label, { min, max, get, set, text = String }) {
  const value = h("output", { class: "cx-value", "aria-live": "polite" });
  const less = button(MINUS, `${label}: less`, () => set(clamp(get() - 1, min, max)));
  const more = button("+", `${label}: more`, () => set(clamp(get() + 1, min, max)));
  return {
    element: labelled(label, less, value, more),
    update() {
      value.textContent = text(get());
      less.disabled = get() <= min;
      more.disabled = get() >= max;
    },
  };
}

/** A range with a button to either side; limits() -> {min, max, step} may change over time. */
function slider(label, { limits, get, set, text = format }) {
  const snap = (value) => {
    const { min, max, step } = limits();
    return clamp(Number((min + Math.round((value - min) / step) * step).toFixed(6)), min, max);
  };
  const range = h("input", { type: "range", "aria-label": label, oninput: () => set(snap(range.valueAsNumber)) });
  const value = h("output", { class: "cx-value" });
  const move = (by) => set(snap(get() + by * limits().step));
  return {
    element: labelled(
      label,
      button("\u2039", `${label}: less`, () => move(-1)),
      range,
      button("\u203a", `${label}: more`, () => move(1)),
      value,
    ),
    update() {
      const { min, max, step } = limits();
      Object.assign(range, { min, max, step });
      range.value = get();
      range.setAttribute("aria-valuetext", text(get()));
      value.textContent = text(get());
    },
  };
}

/** On or off. */
function toggle(label, get, set) {
  const box = h("input", { type: "checkbox", onchange: () => set(box.checked) });
  return { element: h("label", { class: "cx-control cx-toggle" }, box, label), update: () => (box.checked = get()) };
}

/**
 * The frame around an explorer; canvases are drawn anew when the size changes.
 */
function frame(el, name, label, redraw) {
  const root = h("div", { class: `cx cx-${name}`, role: "group", "aria-label": label });
  // A slide turns its page on any of these keys that gets past here. Page Up and Page Down,
  // which a presenter's remote control sends, do; Reveal hears them only where no field has
  // the focus.
  const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
  root.addEventListener("keydown", (event) => {
    const own = event.target.matches("button") ? [" ", "Enter"] : [" ", "Enter", ...arrows];
    if (own.includes(event.key)) event.stopPropagation();
    if (event.key === "PageDown" || event.key === "PageUp") event.target.blur();
  });
  el.append(root);
  const watcher = new ResizeObserver(redraw);
  watcher.observe(root);
  return { root, stop: () => watcher.disconnect() };
}
