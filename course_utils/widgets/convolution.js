// ConvolutionExplorer: a kernel slides over a picture, every number in sight.

const CHANNELS = ["red", "green", "blue"];
const LUMA = [0.2125, 0.7154, 0.0721]; // as skimage.color.rgb2gray weighs the channels

/** The picture as the kernel sees it: (H, W) unless colour is on. */
function seenImage(image, colour) {
  if (image.c === 1 || colour) return image;
  const data = new Float32Array(image.h * image.w);
  for (let i = 0; i < data.length; i++) {
    data[i] = LUMA[0] * image.data[3 * i] + LUMA[1] * image.data[3 * i + 1] + LUMA[2] * image.data[3 * i + 2];
  }
  return { name: image.name, h: image.h, w: image.w, c: 1, data };
}

/** The kernel for a picture of `channels` channels: a flat one serves each, slices average to gray. */
function fitKernel(nested, channels) {
  const rows = nested.length;
  const columns = nested[0].length;
  const data = [];
  for (const line of nested) {
    for (const weight of line) {
      if (channels === 1) {
        data.push(Array.isArray(weight) ? (weight[0] + weight[1] + weight[2]) / 3 : weight);
      } else {
        data.push(...(Array.isArray(weight) ? weight : [weight, weight, weight]));
      }
    }
  }
  return { h: rows, w: columns, c: channels, data };
}

function toNested({ h: rows, w: columns, c: channels, data }) {
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => {
      const at = (y * columns + x) * channels;
      return channels === 1 ? data[at] : data.slice(at, at + channels);
    }),
  );
}

/** The largest |answer| that a 0..1 picture can draw from a kernel. */
function reach(kernel) {
  let above = 0;
  let below = 0;
  for (const weight of kernel.data) weight > 0 ? (above += weight) : (below -= weight);
  return Math.max(above, below) || 1;
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** Crop or zero-pad around the centre. */
function resized(kernel, rows, columns) {
  const data = new Array(rows * columns * kernel.c).fill(0);
  const down = Math.floor((rows - kernel.h) / 2);
  const right = Math.floor((columns - kernel.w) / 2);
  for (let y = 0; y < kernel.h; y++) {
    for (let x = 0; x < kernel.w; x++) {
      if (y + down < 0 || y + down >= rows || x + right < 0 || x + right >= columns) continue;
      for (let c = 0; c < kernel.c; c++) {
        data[((y + down) * columns + x + right) * kernel.c + c] = kernel.data[(y * kernel.w + x) * kernel.c + c];
      }
    }
  }
  return { h: rows, w: columns, c: kernel.c, data };
}

/** A table of numbers on coloured cells; editable cells are input fields. */
function numberTable(onPoint, onEdit, onSelect) {
  const table = h("table", { class: "cx-numbers" });
  let cells = [];
  let shape = "";
  return {
    element: table,
    update({ h: rows, w: columns, label, value, colour, marked, chosen }) {
      if (shape !== `${rows} ${columns} ${label}`) {
        shape = `${rows} ${columns} ${label}`;
        table.setAttribute("aria-label", label);
        cells = [];
        table.replaceChildren(
          ...Array.from({ length: rows }, (_, y) =>
            h("tr", {}, ...Array.from({ length: columns }, (_, x) => {
              const at = y * columns + x;
              const cell = h("td", { onpointerenter: () => onPoint(at), onpointerleave: () => onPoint(null) });
              if (onEdit) {
                const field = h("input", {
                  type: "text", inputMode: "decimal", autocomplete: "off",
                  "aria-label": `${label}, row ${y + 1}, column ${x + 1}`,
                });
                const apply = () => {
                  const number = Number(field.value.trim().replace(MINUS, "-").replace(",", "."));
                  const valid = field.value.trim() !== "" && Number.isFinite(number);
                  field.classList.toggle("cx-invalid", !valid);
                  field.title = valid ? "" : "a number is needed, such as 0.5 or -1";
                  if (valid) onEdit(at, number);
                };
                field.addEventListener("input", apply);
                field.addEventListener("focus", () => (onSelect(at), field.select()));
                field.addEventListener("blur", () => (field.classList.remove("cx-invalid"), onEdit(at, null)));
                field.addEventListener("keydown", (event) => {
                  const by = { ArrowUp: 0.5, ArrowDown: -0.5 }[event.key];
                  if (by) (onEdit(at, by, true), event.preventDefault());
                  if (event.key === "Enter" || event.key === "Escape") field.blur();
                });
                cell.append(field);
              }
              cells.push(cell);
              return cell;
            })),
          ),
        );
      }
      cells.forEach((cell, at) => {
        const rgb = colour(at);
        cell.style.background = rgb ? css(rgb) : "";
        cell.classList.toggle("cx-outside", !rgb);
        cell.classList.toggle("cx-marked", at === marked || at === chosen);
        const text = columns > 5 ? format(value(at)).replace("0.", ".") : format(value(at));
        const field = onEdit && cell.firstChild;
        const place = field || cell;
        place.style.color = rgb ? ink(rgb) : "";
        if (field) {
          if (document.activeElement !== field && field.getRootNode().activeElement !== field) field.value = text;
        } else cell.textContent = text;
        cell.title = String(value(at));
      });
    },
    refresh(at, text) {
      cells[at].firstChild.value = text;
    },
  };
}

function render({ model, el }) {
  const images = readImages(model);
  const state = makeState(model, () => redraw());
  const view = frame(el, "convolution", "Convolution explorer", () => state.changed());
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);

  // What the present state gives; made anew only when its ingredients change.
  let made = null;
  function current() {
    const image = images.get(state.get("image_name"));
    const colour = state.get("colour") && image.c === 3;
    const ingredients = JSON.stringify([
      image.name, colour, state.get("kernel"), state.get("stride"), state.get("padding"), state.get("flip"), state.get("fit"),
    ]);
    if (made?.ingredients !== ingredients) {
      const seen = seenImage(image, colour);
      const kernel = fitKernel(state.get("kernel"), seen.c);
      const layout = windowLayout(seen, kernel, state.get("stride"), state.get("padding"));
      const output = convolve(seen, kernel, layout, state.get("flip"));
      made = { ingredients, image: seen, kernel, layout, output, limit: state.get("fit") ? largest(output) : reach(kernel), flip: state.get("flip") };
      view.root.explorer = made; // what tests and the curious can read
    }
    return made;
  }
  const steps = () => current().output.length;
  const step = () => clamp(state.get("step"), 0, Math.max(0, steps() - 1));
  const setStep = (value) => state.set("step", clamp(value, 0, Math.max(0, steps() - 1)));

  // ---- moving
  let playing = null; // the frame that comes next
  let hovered = null; // output position under the pointer
  let marked = null; // window position under the pointer
  let selected = null; // the weight that was edited last: {at, c}
  let channel = 0; // slice in sight where three do not fit
  const SPEEDS = [1, 4, 16, 64, 256];
  let speed = 2;

  function stop() {
    if (playing !== null) cancelAnimationFrame(playing);
    playing = null;
    state.changed();
  }
  function play() {
    if (step() >= steps() - 1) setStep(0);
    let last = null;
    let due = 0;
    const tick = (now) => {
      due += last === null ? 0 : ((now - last) / 1000) * SPEEDS[speed];
      last = now;
      if (due >= 1) {
        setStep(step() + Math.floor(due));
        due %= 1;
      }
      if (step() >= steps() - 1) stop();
      else playing = requestAnimationFrame(tick);
    };
    playing = requestAnimationFrame(tick);
    state.changed();
  }

  function pickOutput(row, column) {
    stop();
    setStep(row * current().layout.w + column);
  }
  function pickInput(row, column) {
    const { layout, kernel } = current();
    if (!steps()) return;
    const to = (at, size, n) => clamp(Math.round((at - (size - 1) / 2) / layout.stride), 0, n - 1);
    pickOutput(to(row, kernel.h, layout.h), to(column, kernel.w, layout.w)); // the map has its border
  }
  function key(name) {
    const { layout } = current();
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -layout.w, ArrowDown: layout.w }[name];
    if (by) (stop(), setStep(step() + by));
    else if (name === "Home") (stop(), setStep(0));
    else if (name === "End") (stop(), setStep(steps() - 1));
    else if (name === " ") playing === null ? play() : stop();
    else return false;
    return true;
  }
  function hover(row, column) {
    hovered = row === null || !steps() ? null : row * current().layout.w + column;
    state.changed();
  }

  // ---- the kernel
  const names = Object.keys(model.get("_kernels"));
  function setKernel(kernel, name = "custom") {
    state.set("kernel", toNested(kernel));
    state.set("kernel_name", name);
  }
  function chooseKernel(name) {
    if (name !== "custom") state.set("kernel", model.get("_kernels")[name]);
    state.set("kernel_name", name);
  }
  function turned(kernel) {
    const data = [];
    for (let y = 0; y < kernel.w; y++) {
      for (let x = 0; x < kernel.h; x++) {
        const at = ((kernel.h - 1 - x) * kernel.w + y) * kernel.c;
        data.push(...kernel.data.slice(at, at + kernel.c));
      }
    }
    return { h: kernel.w, w: kernel.h, c: kernel.c, data };
  }
  const tables = CHANNELS.map((name, c) => {
    const editKernel = (at, number, relative = false) => {
      const { kernel } = current();
      const place = at * kernel.c + c;
      if (number === null) return state.changed(); // left the field: show the weight as it is
      const data = [...kernel.data];
      data[place] = relative ? Number((data[place] + number).toFixed(6)) : number;
      setKernel({ ...kernel, data });
      if (relative) weights.refresh(at, format(data[place]));
    };
    const point = (at) => ((marked = at), state.changed());
    const pointWeight = (at) => point(at === null ? null : current().flip ? current().kernel.h * current().kernel.w - 1 - at : at);
    const pixels = numberTable(point);
    const weights = numberTable(pointWeight, editKernel, (at) => ((selected = { at, c }), state.changed()));
    const products = numberTable(point);
    const title = h("span", { class: `cx-slice cx-${name}` }, name);
    const element = h(
      "div", { class: "cx-product" }, title, pixels.element, h("span", { class: "cx-sign" }, "\u00d7"),
      weights.element, h("span", { class: "cx-sign" }, "="), products.element,
    );
    return { element, pixels, weights, products, title, edit: editKernel };
  });

  // ---- controls
  const chosen = () => {
    const { kernel } = current();
    if (selected && (selected.c >= kernel.c || selected.at >= kernel.h * kernel.w)) selected = null;
    return selected ? kernel.data[selected.at * kernel.c + selected.c] : 0;
  };
  const padding = () => state.get("padding");
  const controls = {
    image: chooser("image", () => [...images.keys()].map((n) => [n, n]), get("image_name"), set("image_name")),
    colour: toggle("three colours", get("colour"), set("colour")),
    kernel: chooser(
      "kernel",
      () => [...names, ...(state.get("kernel_name") === "custom" ? ["custom"] : [])].map((n) => [n, n]),
      get("kernel_name"), chooseKernel,
    ),
    size: stepper("size", {
      min: 1, max: 7, text: () => `${current().kernel.h}\u00d7${current().kernel.w}`,
      get: () => Math.max(current().kernel.h, current().kernel.w), set: (n) => setKernel(resized(current().kernel, n, n)),
    }),
    stride: stepper("stride", { min: 1, max: 5, get: get("stride"), set: set("stride") }),
    padding: chooser(
      "padding",
      () => ["valid", "same", 0, 1, 2, 3, ...(padding() > 3 ? [padding()] : [])].map((p) => [p, typeof p === "number" ? `${p} on each side` : p]),
      get("padding"), set("padding"),
    ),
    flip: toggle("flip (true convolution)", get("flip"), set("flip")),
    fit: toggle("colours fit this output", get("fit"), set("fit")),
    step: slider("step", {
      limits: () => ({ min: 0, max: Math.max(0, steps() - 1), step: 1 }), get: step,
      set: (value) => (stop(), setStep(value)), text: (value) => `${value} of 0\u2026${Math.max(0, steps() - 1)}`,
    }),
    speed: stepper("speed", {
      min: 0, max: SPEEDS.length - 1, get: () => speed, text: (i) => `${SPEEDS[i]}/s`, set: (i) => ((speed = i), state.changed()),
    }),
    weight: stepper("chosen weight", {
      min: -Infinity, max: Infinity, get: chosen, text: (weight) => (selected ? format(weight) : "none"),
      set: (weight) => tables[selected.c].edit(selected.at, weight > chosen() ? 0.5 : -0.5, true),
    }),
    channel: chooser("slice", () => CHANNELS.map((name, i) => [i, name]), () => channel, (i) => ((channel = i), state.changed())),
  };
  const start = button("|\u25c0", "Back to the first step", () => (stop(), setStep(0)));
  const end = button("\u25b6|", "To the last step", () => (stop(), setStep(steps() - 1)));
  const playButton = button("\u25b6 play", "Play or pause", () => (playing === null ? play() : stop()));
  playButton.classList.add("cx-primary");
  const turn = button("rotate", "Turn the kernel by a quarter", () => setKernel(turned(current().kernel)));
  const negate = button("negate", "Change the sign of every weight", () =>
    setKernel({ ...current().kernel, data: current().kernel.data.map((weight) => -weight || 0) }));
  const random = button("random", "Random weights around zero", () =>
    setKernel({ ...current().kernel, data: current().kernel.data.map(() => Number((2 * Math.random() - 1).toFixed(2))) }));

  // ---- the picture
  const input = pixelMap("Input", { pick: pickInput, key });
  const output = pixelMap("Output", { pick: pickOutput, hover, key });
  const scale = legend();
  const inputScale = legend();
  const inputTitle = h("span", { class: "cx-title" });
  const outputTitle = h("span", { class: "cx-title" });
  const inputNote = h("div", { class: "cx-note" });
  const outputNote = h("div", { class: "cx-note" });
  const total = h("div", { class: "cx-total" });
  const spoken = announcer();
  const formula = h("div", { class: "cx-note cx-formula" });
  const kernelNote = h("div", { class: "cx-note" });
  const panels = h("div", { class: "cx-panels" },
    h("div", { class: "cx-panel" }, inputTitle, input.element, inputScale.element, inputNote),
    h("div", { class: "cx-panel cx-wide" },
      h("div", { class: "cx-product cx-head" }, h("span", { class: "cx-slice" }), h("b", {}, "window"), h("span", { class: "cx-sign" }), h("b", {}, "kernel"), h("span", { class: "cx-sign" }), h("b", {}, "products")),
      ...tables.map((table) => table.element), total, kernelNote),
    h("div", { class: "cx-panel" }, outputTitle, output.element, scale.element, outputNote));
  view.root.append(
    h("div", { class: "cx-row" }, ...["image", "colour", "stride", "padding", "flip"].map((name) => controls[name].element)),
    h("div", { class: "cx-row" }, controls.kernel.element, controls.size.element, controls.weight.element, turn, negate, random, controls.channel.element),
    panels,
    h("div", { class: "cx-row" }, start, playButton, end, controls.step.element, controls.speed.element, controls.fit.element),
    formula, spoken,
  );

  function redraw() {
    const { image, kernel, layout, output: result, limit, flip } = current();
    for (const control of Object.values(controls)) control.update();
    for (const one of controls.weight.element.querySelectorAll("button")) one.disabled = !selected;
    const isColour = images.get(image.name).c === 3;
    controls.colour.element.hidden = !isColour;
    const oneSlice = image.c === 3 && kernel.h > 3;
    controls.channel.element.hidden = !oneSlice;
    playButton.firstChild.data = playing === null ? "\u25b6 play" : "\u23f8 pause";

    const shown = hovered !== null && hovered < result.length ? hovered : step();
    const row = Math.floor(shown / layout.w);
    const column = shown % layout.w;
    const top = row * layout.stride - layout.top;
    const left = column * layout.stride - layout.left;
    const inside = (y, x) => y >= 0 && y < image.h && x >= 0 && x < image.w;
    const pixel = (y, x, c) => (inside(y, x) ? image.data[(y * image.w + x) * image.c + c] : 0);
    const pixelColour = (y, x) => {
      if (!inside(y, x)) return null;
      return image.c === 1 ? gray(pixel(y, x, 0)) : [0, 1, 2].map((c) => Math.round(255 * pixel(y, x, c)));
    };
    const none = result.length === 0;

    inputTitle.textContent = `input ${image.h}\u00d7${image.w}${image.c === 3 ? "\u00d73" : ""}`;
    inputNote.textContent = layout.top + layout.bottom + layout.left + layout.right ? "hatched: added zeros" : "";
    input.draw({
      w: image.w + layout.left + layout.right, h: image.h + layout.top + layout.bottom,
      colour: (i, j) => pixelColour(i - layout.top, j - layout.left),
      text: (i, j) => (image.c === 1 ? format(pixel(i - layout.top, j - layout.left, 0)) : ""),
      boxes: none ? [] : [{ row: top + layout.top, column: left + layout.left, h: kernel.h, w: kernel.w }],
    });
    input.describe(`Input ${image.name}, window at row ${top}, column ${left}. Arrow keys move it, space plays.`);
    inputScale.update({ from: 0, to: 1, colour: gray });

    // The window, the kernel and their products, slice by slice.
    const area = kernel.h * kernel.w;
    const sums = [];
    const partner = (at) => (flip ? area - 1 - at : at);
    tables.forEach((table, c) => {
      table.element.hidden = c >= image.c || (oneSlice && c !== channel);
      if (c >= image.c) return;
      table.title.hidden = image.c === 1;
      const size = { h: kernel.h, w: kernel.w };
      const label = image.c === 1 ? "" : ` ${CHANNELS[c]}`;
      const place = (at) => [top + Math.floor(at / kernel.w), left + (at % kernel.w)];
      const pixelAt = (at) => (none ? 0 : pixel(...place(at), c));
      const weightAt = (at) => kernel.data[at * kernel.c + c];
      const productAt = (at) => pixelAt(at) * weightAt(partner(at));
      const tint = image.c === 1 ? gray : (t) => gray(t).map((value, i) => (i === c ? value : Math.round(value * 0.35)));
      const heaviest = largest(kernel.data);
      table.pixels.update({ ...size, label: `window${label}`, value: pixelAt, marked, colour: (at) => (none || !inside(...place(at)) ? null : tint(pixelAt(at))) });
      table.weights.update({ ...size, label: `kernel${label}`, value: weightAt, marked: marked === null ? null : partner(marked), chosen: selected?.c === c ? selected.at : null, colour: (at) => signed(weightAt(at) / heaviest) });
      table.products.update({ ...size, label: `products${label}`, value: productAt, marked, colour: (at) => signed(productAt(at) / heaviest) });
      sums.push(0);
      for (let at = 0; at < area; at++) sums[c] += productAt(at);
    });
    panels.classList.toggle("cx-large", kernel.w > 5);
    view.root.style.setProperty("--cx-columns", kernel.w);

    const value = none ? null : result[shown];
    total.hidden = none;
    if (!none) {
      const rgb = signed(value / limit);
      const number = h("b", { class: "cx-answer" }, format(value));
      Object.assign(number.style, { background: css(rgb), color: ink(rgb) });
      number.title = String(value);
      const parts = image.c === 1
        ? `sum of the ${area} products: `
        : `${sums.map((sum, c) => `${format(sum)} (${CHANNELS[c]})`).join(" + ")} = `;
      total.replaceChildren(parts, number, ` = output[${row}, ${column}]`);
    }
    const flipNote = flip ? "Flipped: the first pixel meets the last weight. " : "";
    kernelNote.textContent = none
      ? `The kernel (${kernel.h}\u00d7${kernel.w}) is larger than the padded image: there is no output. Make it smaller or pad more.`
      : `${flipNote}On a 0\u20261 image this kernel reaches \u00b1${format(limit)}.`;

    outputTitle.textContent = `output ${layout.h}\u00d7${layout.w}`;
    outputNote.textContent = step() < result.length - 1 ? "hatched: not reached yet" : "";
    output.draw({
      w: Math.max(1, layout.w), h: Math.max(1, layout.h),
      colour: (i, j) => (none || i * layout.w + j > step() ? null : signed(result[i * layout.w + j] / limit)),
      text: (i, j) => format(result[i * layout.w + j]),
      boxes: none ? [] : [{ row, column, h: 1, w: 1 }],
    });
    const words = none ? "no output" : `step ${shown}: row ${row}, column ${column}, sum ${format(value)}`;
    output.describe(`Output ${layout.h} by ${layout.w}, ${words}. Arrow keys move, space plays.`);
    if (playing === null && hovered === null) spoken.textContent = words;
    scale.update({ from: -limit, to: limit, colour: (v) => signed(v / limit), value });

    const side = (name, n, size, before, after, out) =>
      `${name}: \u230a(${n} \u2212 ${size} + ${before} + ${after}) / ${layout.stride}\u230b + 1 = ${out}`;
    formula.textContent =
      `${side("rows", image.h, kernel.h, layout.top, layout.bottom, layout.h)}   \u00b7   ` +
      `${side("columns", image.w, kernel.w, layout.left, layout.right, layout.w)}   \u00b7   ${result.length} steps`;
  }

  redraw();
  return () => (stop(), state.stop(), view.stop());
}

export default { render };
