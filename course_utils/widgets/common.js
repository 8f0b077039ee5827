// Shared by all explorers. An explorer's module is this text followed by its own file
// (see explorer.py), because a module that arrives as text cannot import a neighbour.

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

/** Seen by nobody: its text is read out when it changes. */
const announcer = () => h("div", { class: "cx-hidden", role: "status", "aria-live": "polite" });

/** At most two decimals, with a true minus sign, never "-0". */
function format(value) {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toFixed(2));
  return (rounded < 0 ? MINUS : "") + String(Math.abs(rounded));
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// ---------------------------------------------------------------- state

/**
 * The widget's state as seen by an explorer. `set` shows at once here and reaches the kernel
 * at most ten times a second, so that a slider does not flood it. Where there is no kernel
 * `save_changes` does nothing and everything else still works.
 */
function makeState(model, onChange) {
  let timer = null;
  let last = 0;
  const save = () => {
    timer = null;
    last = performance.now();
    model.save_changes();
  };
  let frame = null;
  const changed = () => {
    if (frame === null) frame = requestAnimationFrame(() => ((frame = null), onChange()));
  };
  model.on("change", changed);
  return {
    get: (name) => model.get(name),
    set(name, value) {
      model.set(name, value);
      changed();
      if (timer === null) timer = setTimeout(save, Math.max(0, 100 - (performance.now() - last)));
    },
    changed,
    stop() {
      model.off("change", changed);
      if (timer !== null) (clearTimeout(timer), save());
      if (frame !== null) cancelAnimationFrame(frame);
    },
  };
}

/** Bytes of a synced trait, wherever they sit in their buffer. */
const asBytes = (view) => new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);

/** The same as float32. */
function asFloats(view) {
  const buffer = view.buffer ?? view;
  const start = view.byteOffset ?? 0;
  return new Float32Array(buffer.slice(start, start + view.byteLength));
}

/** The named pictures of an explorer: name -> {name, h, w, c, data}. */
function readImages(model) {
  const pixels = asFloats(model.get("_pixels"));
  const images = new Map();
  let start = 0;
  for (const { name, shape } of model.get("_shapes")) {
    const [rows, columns, channels = 1] = shape;
    const length = rows * columns * channels;
    const data = pixels.subarray(start, start + length);
    images.set(name, { name, h: rows, w: columns, c: channels, data });
    start += length;
  }
  return images;
}

// ---------------------------------------------------------------- arithmetic

/** Zeros before and after an axis; "same" as TensorFlow pads: the odd one goes after. */
function paddingAmounts(n, size, stride, padding) {
  if (padding === "valid") return [0, 0];
  if (padding !== "same") return [padding, padding];
  const total = Math.max((Math.ceil(n / stride) - 1) * stride + size - n, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

const outputSize = (n, size, stride, [before, after]) =>
  Math.max(0, Math.floor((n + before + after - size) / stride) + 1);

/** Where the window of a window operation goes: sizes of the result and zeros on each side. */
function windowLayout(image, size, stride, padding) {
  const rows = paddingAmounts(image.h, size.h, stride, padding);
  const columns = paddingAmounts(image.w, size.w, stride, padding);
  return {
    h: outputSize(image.h, size.h, stride, rows),
    w: outputSize(image.w, size.w, stride, columns),
    top: rows[0], bottom: rows[1], left: columns[0], right: columns[1], stride,
  };
}

/** Cross-correlation (convolution when `flip`), summed over channels, zeros outside. */
function convolve(image, kernel, layout, flip) {
  const out = new Float64Array(layout.h * layout.w);
  for (let i = 0; i < layout.h; i++) {
    for (let j = 0; j < layout.w; j++) {
      let sum = 0;
      for (let y = 0; y < kernel.h; y++) {
        const row = i * layout.stride + y - layout.top;
        if (row < 0 || row >= image.h) continue;
        for (let x = 0; x < kernel.w; x++) {
          const column = j * layout.stride + x - layout.left;
          if (column < 0 || column >= image.w) continue;
          const at = flip ? (kernel.h - 1 - y) * kernel.w + kernel.w - 1 - x : y * kernel.w + x;
          for (let c = 0; c < image.c; c++) {
            sum += image.data[(row * image.w + column) * image.c + c] * kernel.data[at * kernel.c + c];
          }
        }
      }
      out[i * layout.w + j] = sum;
    }
  }
  return out;
}

// ---------------------------------------------------------------- colour

const BLUE = [0, 114, 178];
const WHITE = [255, 255, 255];
const ORANGE = [213, 94, 0];

const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));
/** Signed values in -1..1: blue below zero, white at zero, orange above. */
const signed = (t) => mix(WHITE, t < 0 ? BLUE : ORANGE, clamp(Math.abs(t), 0, 1));
const gray = (t) => {
  const value = Math.round(255 * clamp(t, 0, 1));
  return [value, value, value];
};
// matplotlib's cividis at 0, 0.1 ... 1; between them it is straight enough for the eye.
const CIVIDIS = [
  [0, 34, 78], [8, 51, 112], [53, 69, 108], [79, 87, 108], [102, 105, 112], [125, 124, 120],
  [148, 142, 119], [174, 163, 113], [200, 184, 102], [229, 207, 82], [254, 232, 56],
];
/** Magnitudes in 0..1: dark blue to yellow. */
function magnitude(t) {
  const at = 10 * clamp(t, 0, 1);
  const from = Math.min(Math.floor(at), 9);
  return mix(CIVIDIS[from], CIVIDIS[from + 1], at - from);
}
const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;
/** Black or white, whichever is easier to read on a colour. */
const ink = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff");

// ---------------------------------------------------------------- pixel maps

/**
 * A canvas that shows an array as squares. draw({w, h, colour, text, boxes}) paints it:
 * colour(row, column) gives [r, g, b], or null for a cell that is empty (hatched);
 * text(row, column) is written where the squares are large enough; boxes are outlined.
 * Pointer events arrive as handlers with (row, column) of the square under the pointer.
 */
function pixelMap(label, handlers = {}) {
  const canvas = h("canvas", { class: "cx-map", role: "img", "aria-label": label });
  const context = canvas.getContext("2d");
  const buffer = document.createElement("canvas");
  let shape = { w: 1, h: 1 };

  const squareAt = (event) => {
    const box = canvas.getBoundingClientRect(); // already scaled on a slide
    const column = Math.floor(((event.clientX - box.left) / box.width) * shape.w);
    const row = Math.floor(((event.clientY - box.top) / box.height) * shape.h);
    return [clamp(row, 0, shape.h - 1), clamp(column, 0, shape.w - 1)];
  };
  if (handlers.pick) {
    canvas.classList.add("cx-pickable");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      handlers.pick(...squareAt(event));
      event.preventDefault();
      canvas.focus({ preventScroll: true });
    });
  }
  canvas.addEventListener("pointermove", (event) => {
    if (handlers.pick && event.buttons & 1) handlers.pick(...squareAt(event));
    else if (handlers.hover && event.pointerType !== "touch") handlers.hover(...squareAt(event));
  });
  if (handlers.hover) canvas.addEventListener("pointerleave", () => handlers.hover(null, null));
  if (handlers.key) {
    canvas.tabIndex = 0;
    canvas.addEventListener("keydown", (event) => {
      if (!handlers.key(event.key)) return;
      event.preventDefault();
      event.stopPropagation(); // the slide must not turn
    });
  }

  function draw({ w, h: rows, colour, text, boxes = [] }) {
    shape = { w, h: rows };
    const side = canvas.clientWidth || 280;
    const ratio = (window.devicePixelRatio || 1) * 2; // stays sharp when a slide is scaled up
    const cell = Math.max(1, Math.floor((side * ratio) / Math.max(w, rows)));
    canvas.width = cell * w;
    canvas.height = cell * rows;
    canvas.style.aspectRatio = `${w} / ${rows}`;
    buffer.width = w;
    buffer.height = rows;
    const painted = new ImageData(w, rows);
    const bytes = painted.data; // one by one: `set` takes three times as long
    const empty = [];
    for (let i = 0, p = 0; i < rows; i++) {
      for (let j = 0; j < w; j++, p += 4) {
        const rgb = colour(i, j);
        if (rgb === null) empty.push([i, j]);
        else {
          bytes[p] = rgb[0];
          bytes[p + 1] = rgb[1];
          bytes[p + 2] = rgb[2];
          bytes[p + 3] = 255;
        }
      }
    }
    buffer.getContext("2d").putImageData(painted, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, 0, 0, canvas.width, canvas.height);
    if (empty.length) {
      context.strokeStyle = "rgba(128, 128, 128, 0.55)";
      context.lineWidth = ratio / 2;
      context.beginPath();
      for (const [i, j] of empty) {
        context.moveTo(j * cell, (i + 1) * cell);
        context.lineTo((j + 1) * cell, i * cell);
      }
      context.stroke();
    }
    if (text && cell >= 26 * ratio) {
      context.font = `${Math.round(cell * 0.32)}px sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < w; j++) {
          const rgb = colour(i, j);
          if (rgb === null) continue;
          context.fillStyle = ink(rgb);
          context.fillText(text(i, j), (j + 0.5) * cell, (i + 0.5) * cell);
        }
      }
    }
    for (const box of boxes) {
      const rectangle = [box.column * cell, box.row * cell, box.w * cell, box.h * cell];
      context.lineWidth = 5 * ratio / 2;
      context.strokeStyle = "#000";
      context.strokeRect(...rectangle);
      context.lineWidth = 3 * ratio / 2;
      context.strokeStyle = box.colour ?? "#F0E442";
      context.strokeRect(...rectangle);
    }
  }
  return { element: canvas, draw, describe: (words) => canvas.setAttribute("aria-label", words) };
}

/** A bar that explains the colours, with a mark at the present value. */
function legend() {
  const low = h("span");
  const high = h("span");
  const mark = h("i", { class: "cx-mark" });
  const bar = h("div", { class: "cx-bar" }, mark);
  const element = h("div", { class: "cx-legend", "aria-hidden": "true" }, low, bar, high);
  return {
    element,
    update({ from, to, colour, value = null, text = format }) {
      low.textContent = text(from);
      high.textContent = text(to);
      const stops = Array.from({ length: 9 }, (_, i) => css(colour(from + ((to - from) * i) / 8)));
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      mark.hidden = value === null;
      if (value !== null) mark.style.left = `${100 * clamp((value - from) / (to - from), 0, 1)}%`;
    },
  };
}

// ---------------------------------------------------------------- controls
// Each has buttons, because on a slide the arrow keys turn the page.

function button(text, label, onclick) {
  return h("button", { type: "button", class: "cx-button", title: label, "aria-label": label, onclick }, text);
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
