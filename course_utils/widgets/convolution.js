// ConvolutionExplorer: a kernel slides over a picture, every number in sight.

const CHANNELS = ["red", "green", "blue"];
const SPEEDS = [1, 4, 16, 64, 256]; // steps a second

/** What the present state gives; made anew only when its ingredients change. */
function computation(state, images, root) {
  let made = null;
  return () => {
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
      root.explorer = made; // what tests and the curious can read
    }
    return made;
  };
}

/** The step that is shown, and the clock that moves it on. */
function makePlayer(state, current) {
  let next = null; // the frame that comes next
  const steps = () => current().output.length;
  const step = () => clamp(state.get("step"), 0, Math.max(0, steps() - 1));
  const setStep = (value) => state.set("step", clamp(value, 0, Math.max(0, steps() - 1)));
  const player = { speed: 2, steps, step, playing: () => next !== null, play, stop, go };

  function stop() {
    if (next !== null) cancelAnimationFrame(next);
    next = null;
    state.changed();
  }
  function go(to) {
    stop();
    setStep(to);
  }
  function play() {
    if (step() >= steps() - 1) setStep(0);
    let last = null;
    let due = 0;
    const tick = (now) => {
      due += last === null ? 0 : ((now - last) / 1000) * SPEEDS[player.speed];
      last = now;
      if (due >= 1) {
        setStep(step() + Math.floor(due));
        due %= 1;
      }
      if (step() >= steps() - 1) stop();
      else next = requestAnimationFrame(tick);
    };
    next = requestAnimationFrame(tick);
    state.changed();
  }
  return player;
}

/** Pointer and keys on the two maps. */
function mapHandlers({ state, current, player, look }) {
  const pickOutput = (row, column) => player.go(row * current().layout.w + column);
  function pickInput(row, column) {
    const { layout, kernel } = current();
    if (!player.steps()) return;
    const to = (at, size, n) => clamp(Math.round((at - (size - 1) / 2) / layout.stride), 0, n - 1);
    pickOutput(to(row, kernel.h, layout.h), to(column, kernel.w, layout.w)); // the map has its border
  }
  function key(name) {
    const { layout } = current();
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -layout.w, ArrowDown: layout.w }[name];
    if (by) player.go(player.step() + by);
    else if (name === "Home") player.go(0);
    else if (name === "End") player.go(player.steps() - 1);
    else if (name === " ") player.playing() ? player.stop() : player.play();
    else return false;
    return true;
  }
  function hover(row, column) {
    look.hovered = row === null || !player.steps() ? null : row * current().layout.w + column;
    state.changed();
  }
  return { input: { pick: pickInput, key }, output: { pick: pickOutput, hover, key } };
}

/** One channel's window, weights and products side by side. */
function makeSlice({ state, current, look, setKernel }, name, c) {
  function edit(at, number, relative = false) {
    const { kernel } = current();
    const place = at * kernel.c + c;
    if (number === null) return state.changed(); // left the field: show the weight as it is
    const data = [...kernel.data];
    data[place] = relative ? Number((data[place] + number).toFixed(6)) : number;
    setKernel({ ...kernel, data });
    if (relative) weights.refresh(at, format(data[place]));
  }
  const point = (at) => ((look.marked = at), state.changed());
  const pointWeight = (at) => point(at === null ? null : current().flip ? current().kernel.h * current().kernel.w - 1 - at : at);
  const pixels = numberTable(point);
  const weights = numberTable(pointWeight, edit, (at) => ((look.selected = { at, c }), state.changed()));
  const products = numberTable(point);
  const title = h("span", { class: `cx-slice cx-${name}` }, name);
  const element = h(
    "div", { class: "cx-product" }, title, pixels.element, h("span", { class: "cx-sign" }, "\u00d7"),
    weights.element, h("span", { class: "cx-sign" }, "="), products.element,
  );
  return { element, pixels, weights, products, title, edit };
}

/** Lists, steppers and switches, by name. */
function makeControls({ model, state, images, current, player, look, setKernel }, slices) {
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);
  const names = Object.keys(model.get("_kernels"));
  function chooseKernel(name) {
    if (name !== "custom") state.set("kernel", model.get("_kernels")[name]);
    state.set("kernel_name", name);
  }
  const chosen = () => {
    const { kernel } = current();
    if (look.selected && (look.selected.c >= kernel.c || look.selected.at >= kernel.h * kernel.w)) look.selected = null;
    return look.selected ? kernel.data[look.selected.at * kernel.c + look.selected.c] : 0;
  };
  const padding = () => state.get("padding");
  return {
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
      limits: () => ({ min: 0, max: Math.max(0, player.steps() - 1), step: 1 }), get: player.step,
      set: player.go, text: (value) => `${value} of 0\u2026${Math.max(0, player.steps() - 1)}`,
    }),
    speed: stepper("speed", {
      min: 0, max: SPEEDS.length - 1, get: () => player.speed, text: (i) => `${SPEEDS[i]}/s`, set: (i) => ((player.speed = i), state.changed()),
    }),
    weight: stepper("chosen weight", {
      min: -Infinity, max: Infinity, get: chosen, text: (weight) => (look.selected ? format(weight) : "none"),
      set: (weight) => slices[look.selected.c].edit(look.selected.at, weight > chosen() ? 0.5 : -0.5, true),
    }),
    channel: chooser("slice", () => CHANNELS.map((name, i) => [i, name]), () => look.channel, (i) => ((look.channel = i), state.changed())),
  };
}

function makeButtons({ current, player, setKernel }) {
  const buttons = {
    start: button("|\u25c0", "Back to the first step", () => player.go(0)),
    end: button("\u25b6|", "To the last step", () => player.go(player.steps() - 1)),
    play: button("\u25b6 play", "Play or pause", () => (player.playing() ? player.stop() : player.play())),
    turn: button("rotate", "Turn the kernel by a quarter", () => setKernel(turned(current().kernel))),
    negate: button("negate", "Change the sign of every weight", () =>
      setKernel({ ...current().kernel, data: current().kernel.data.map((weight) => -weight || 0) })),
    random: button("random", "Random weights around zero", () =>
      setKernel({ ...current().kernel, data: current().kernel.data.map(() => Number((2 * Math.random() - 1).toFixed(2))) })),
  };
  buttons.play.classList.add("cx-primary");
  return buttons;
}

/** Where the window stands and what it covers; `none` where it fits nowhere. */
function windowInSight({ current, player, look }) {
  const { image, kernel, layout, output, limit, flip } = current();
  const shown = look.hovered !== null && look.hovered < output.length ? look.hovered : player.step();
  const row = Math.floor(shown / layout.w);
  const column = shown % layout.w;
  const top = row * layout.stride - layout.top;
  const left = column * layout.stride - layout.left;
  const none = output.length === 0;
  const inside = (y, x) => y >= 0 && y < image.h && x >= 0 && x < image.w;
  const pixel = (y, x, c) => (inside(y, x) ? image.data[(y * image.w + x) * image.c + c] : 0);
  return { image, kernel, layout, output, limit, flip, shown, row, column, top, left, none, value: none ? null : output[shown], inside, pixel };
}

/** The picture with its padding and the window on it. */
function inputPanel(handlers) {
  const title = h("span", { class: "cx-title" });
  const map = pixelMap("Input", handlers);
  const scale = legend();
  const note = h("div", { class: "cx-note" });
  return {
    element: h("div", { class: "cx-panel" }, title, map.element, scale.element, note),
    update({ image, kernel, layout, top, left, none, inside, pixel }) {
      const pixelColour = (y, x) => {
        if (!inside(y, x)) return null;
        return image.c === 1 ? gray(pixel(y, x, 0)) : [0, 1, 2].map((c) => Math.round(255 * pixel(y, x, c)));
      };
      title.textContent = `input ${image.h}\u00d7${image.w}${image.c === 3 ? "\u00d73" : ""}`;
      note.textContent = layout.top + layout.bottom + layout.left + layout.right ? "hatched: added zeros" : "";
      map.draw({
        w: image.w + layout.left + layout.right, h: image.h + layout.top + layout.bottom,
        colour: (i, j) => pixelColour(i - layout.top, j - layout.left),
        text: (i, j) => (image.c === 1 ? format(pixel(i - layout.top, j - layout.left, 0)) : ""),
        boxes: none ? [] : [{ row: top + layout.top, column: left + layout.left, h: kernel.h, w: kernel.w }],
      });
      map.describe(`Input ${image.name}, window at row ${top}, column ${left}. Arrow keys move it, space plays.`);
      scale.update({ from: 0, to: 1, colour: gray });
    },
  };
}

/** Fill one slice's three tables; the sum of its products. */
function updateSlice(slice, c, window, look) {
  const { image, kernel, flip, top, left, none, inside, pixel } = window;
  const area = kernel.h * kernel.w;
  const partner = (at) => (flip ? area - 1 - at : at);
  const size = { h: kernel.h, w: kernel.w };
  const label = image.c === 1 ? "" : ` ${CHANNELS[c]}`;
  const place = (at) => [top + Math.floor(at / kernel.w), left + (at % kernel.w)];
  const pixelAt = (at) => (none ? 0 : pixel(...place(at), c));
  const weightAt = (at) => kernel.data[at * kernel.c + c];
  const productAt = (at) => pixelAt(at) * weightAt(partner(at));
  const tint = image.c === 1 ? gray : (t) => gray(t).map((value, i) => (i === c ? value : Math.round(value * 0.35)));
  const heaviest = largest(kernel.data);
  const { marked, selected } = look;
  slice.title.hidden = image.c === 1;
  slice.pixels.update({
    ...size, label: `window${label}`, value: pixelAt, marked,
    colour: (at) => (none || !inside(...place(at)) ? null : tint(pixelAt(at))),
  });
  slice.weights.update({
    ...size, label: `kernel${label}`, value: weightAt, marked: marked === null ? null : partner(marked),
    chosen: selected?.c === c ? selected.at : null, colour: (at) => signed(weightAt(at) / heaviest),
  });
  slice.products.update({
    ...size, label: `products${label}`, value: productAt, marked, colour: (at) => signed(productAt(at) / heaviest),
  });
  let sum = 0;
  for (let at = 0; at < area; at++) sum += productAt(at);
  return sum;
}

/** The window, the kernel and their products, slice by slice, and the sum. */
function productPanel(slices) {
  const total = h("div", { class: "cx-total" });
  const note = h("div", { class: "cx-note" });
  const sign = () => h("span", { class: "cx-sign" });
  const head = h("div", { class: "cx-product cx-head" }, h("span", { class: "cx-slice" }), h("b", {}, "window"), sign(), h("b", {}, "kernel"), sign(), h("b", {}, "products"));

  function showTotal({ image, kernel, limit, row, column, value }, sums) {
    const rgb = signed(value / limit);
    const number = h("b", { class: "cx-answer" }, format(value));
    Object.assign(number.style, { background: css(rgb), color: ink(rgb) });
    number.title = String(value);
    const parts = image.c === 1
      ? `sum of the ${kernel.h * kernel.w} products: `
      : `${sums.map((sum, c) => `${format(sum)} (${CHANNELS[c]})`).join(" + ")} = `;
    total.replaceChildren(parts, number, ` = output[${row}, ${column}]`);
  }
  return {
    element: h("div", { class: "cx-panel cx-wide" }, head, ...slices.map((slice) => slice.element), total, note),
    update(window, look, oneSlice) {
      const { image, kernel, limit, flip, none } = window;
      slices.forEach((slice, c) => (slice.element.hidden = c >= image.c || (oneSlice && c !== look.channel)));
      const sums = slices.slice(0, image.c).map((slice, c) => updateSlice(slice, c, window, look));
      total.hidden = none;
      if (!none) showTotal(window, sums);
      const flipNote = flip ? "Flipped: the first pixel meets the last weight. " : "";
      note.textContent = none
        ? `The kernel (${kernel.h}\u00d7${kernel.w}) is larger than the padded image: there is no output. Make it smaller or pad more.`
        : `${flipNote}On a 0\u20261 image this kernel reaches \u00b1${format(limit)}.`;
    },
  };
}

/** The output as far as it is reached. */
function outputPanel(handlers) {
  const title = h("span", { class: "cx-title" });
  const map = pixelMap("Output", handlers);
  const scale = legend();
  const note = h("div", { class: "cx-note" });
  return {
    element: h("div", { class: "cx-panel" }, title, map.element, scale.element, note),
    update({ layout, output, limit, row, column, none, value }, step, words) {
      title.textContent = `output ${layout.h}\u00d7${layout.w}`;
      note.textContent = step < output.length - 1 ? "hatched: not reached yet" : "";
      map.draw({
        w: Math.max(1, layout.w), h: Math.max(1, layout.h),
        colour: (i, j) => (none || i * layout.w + j > step ? null : signed(output[i * layout.w + j] / limit)),
        text: (i, j) => format(output[i * layout.w + j]),
        boxes: none ? [] : [{ row, column, h: 1, w: 1 }],
      });
      map.describe(`Output ${layout.h} by ${layout.w}, ${words}. Arrow keys move, space plays.`);
      scale.update({ from: -limit, to: limit, colour: (v) => signed(v / limit), value });
    },
  };
}

/** The output's size, with the numbers of this picture. */
function sizeFormula({ image, kernel, layout, output }) {
  const side = (name, n, size, before, after, out) =>
    `${name}: \u230a(${n} \u2212 ${size} + ${before} + ${after}) / ${layout.stride}\u230b + 1 = ${out}`;
  return `${side("rows", image.h, kernel.h, layout.top, layout.bottom, layout.h)}   \u00b7   ` +
    `${side("columns", image.w, kernel.w, layout.left, layout.right, layout.w)}   \u00b7   ${output.length} steps`;
}

function render({ model, el }) {
  const images = readImages(model);
  const state = makeState(model, () => redraw());
  const view = frame(el, "convolution", "Convolution explorer", () => state.changed());
  const current = computation(state, images, view.root);
  const player = makePlayer(state, current);
  // What the eye is on: an output position under the pointer, a place in the window, the weight
  // that was edited last ({at, c}), and the slice in sight where three do not fit.
  const look = { hovered: null, marked: null, selected: null, channel: 0 };
  const setKernel = (kernel) => {
    state.set("kernel", toNested(kernel));
    state.set("kernel_name", "custom");
  };
  const explorer = { model, state, images, current, player, look, setKernel };

  const slices = CHANNELS.map((name, c) => makeSlice(explorer, name, c));
  const controls = makeControls(explorer, slices);
  const buttons = makeButtons(explorer);
  const handlers = mapHandlers(explorer);
  const input = inputPanel(handlers.input);
  const products = productPanel(slices);
  const output = outputPanel(handlers.output);
  const panels = h("div", { class: "cx-panels" }, input.element, products.element, output.element);
  const formula = h("div", { class: "cx-note cx-formula" });
  const spoken = announcer();
  const row = (...parts) => h("div", { class: "cx-row" }, ...parts.map((part) => part.element ?? part));
  view.root.append(
    row(controls.image, controls.colour, controls.stride, controls.padding, controls.flip),
    row(controls.kernel, controls.size, controls.weight, buttons.turn, buttons.negate, buttons.random, controls.channel),
    panels,
    row(buttons.start, buttons.play, buttons.end, controls.step, controls.speed, controls.fit),
    formula, spoken,
  );

  function redraw() {
    const window = windowInSight(explorer);
    const { image, kernel, shown, none, value } = window;
    for (const control of Object.values(controls)) control.update();
    for (const one of controls.weight.element.querySelectorAll("button")) one.disabled = !look.selected;
    controls.colour.element.hidden = images.get(image.name).c !== 3;
    const oneSlice = image.c === 3 && kernel.h > 3;
    controls.channel.element.hidden = !oneSlice;
    buttons.play.firstChild.data = player.playing() ? "\u2016 pause" : "\u25b6 play";

    input.update(window);
    products.update(window, look, oneSlice);
    panels.classList.toggle("cx-large", kernel.w > 5);
    view.root.style.setProperty("--cx-columns", kernel.w);
    const words = none ? "no output" : `step ${shown}: row ${window.row}, column ${window.column}, sum ${format(value)}`;
    output.update(window, player.step(), words);
    if (!player.playing() && look.hovered === null) spoken.textContent = words;
    formula.textContent = sizeFormula(window);
  }

  redraw();
  return () => (player.stop(), state.stop(), view.stop());
}

export default { render };
