// GaborExplorer: a wave under a bell, and where a picture answers to it.

const PRESETS = [[0.16, 1.2, 4.0], [0.31, 0, 3.6], [0.36, 1.6, 1.3]];
const REAL = "#009e73";
const IMAGINARY = "#cc79a7";

const figures = (value) => (value === 0 ? "0" : Number(value.toPrecision(2)).toString().replace("-", MINUS));

/** An arrow of one wavelength in the wave's direction, and the bell's width, over the kernel. */
function compass() {
  const parts = [["#fff", 5], ["#000", 2]].map(([stroke, width]) => {
    const circle = svg("circle", { cx: 0, cy: 0, fill: "none", "stroke-dasharray": "4 3" });
    const arrow = svg("path", { fill: "none" });
    const group = svg("g", { stroke, "stroke-width": width, "stroke-linejoin": "round" }, circle, arrow);
    for (const part of [circle, arrow]) part.setAttribute("vector-effect", "non-scaling-stroke");
    return { group, circle, arrow };
  });
  const element = svg("svg", { class: "cx-compass", "aria-hidden": "true" }, ...parts.map((part) => part.group));
  return {
    element,
    update({ frequency, theta, sigma, size }) {
      element.setAttribute("viewBox", `${-size / 2} ${-size / 2} ${size} ${size}`);
      const length = Math.min(1 / frequency, size / 2);
      const barb = 0.05 * size;
      for (const { group, circle, arrow } of parts) {
        group.setAttribute("transform", `rotate(${(180 * theta) / Math.PI})`);
        circle.setAttribute("r", sigma);
        arrow.setAttribute("d", `M 0 0 H ${length} m ${-barb} ${-barb / 2} l ${barb} ${barb / 2} l ${-barb} ${barb / 2}`);
      }
    },
  };
}

/** The kernel cut along the wave's direction: bell, real part, imaginary part. */
function crossSection() {
  const [w, h0, middle, half] = [320, 118, 52, 46];
  const zero = svg("line", { x1: 0, x2: w, y1: middle, y2: middle, class: "cx-axis" });
  const curve = (attributes) => svg("path", { fill: "none", "stroke-width": 2, ...attributes });
  const above = curve({ stroke: "currentColor", "stroke-dasharray": "5 4", "stroke-width": 1.5 });
  const below = curve({ stroke: "currentColor", "stroke-dasharray": "5 4", "stroke-width": 1.5 });
  const real = curve({ stroke: REAL });
  const imaginary = curve({ stroke: IMAGINARY });
  const ruler = curve({ stroke: "currentColor" });
  const words = svg("text", { "text-anchor": "middle", x: w / 2, y: h0 - 3, class: "cx-words" });
  const name = svg("text", { x: 232, y: 26, class: "cx-words" }, "bell");
  const element = svg(
    "svg", { class: "cx-curve", viewBox: `0 0 ${w} ${h0}`, role: "img" },
    zero, above, below, imaginary, real, ruler, words, name,
  );
  return {
    element,
    update({ frequency, sigma }) {
      const reach = Math.max(3 * sigma, 1);
      const x = (t) => w / 2 + (t / reach) * (w / 2 - 4);
      const line = (value) => {
        const points = [];
        for (let i = 0; i <= 320; i++) {
          const t = reach * (i / 160 - 1);
          points.push(`${x(t).toFixed(1)} ${(middle - half * value(t)).toFixed(1)}`);
        }
        return `M ${points.join(" L ")}`;
      };
      const bell = (t) => Math.exp((-t * t) / (2 * sigma * sigma));
      above.setAttribute("d", line(bell));
      below.setAttribute("d", line((t) => -bell(t)));
      real.setAttribute("d", line((t) => bell(t) * Math.cos(2 * Math.PI * frequency * t)));
      imaginary.setAttribute("d", line((t) => bell(t) * Math.sin(2 * Math.PI * frequency * t)));
      const wave = Math.min(1 / frequency, 2 * reach) / 2;
      const y = h0 - 17;
      ruler.setAttribute("d", `M ${x(-wave)} ${y - 4} v 8 m 0 -4 H ${x(wave)} m 0 -4 v 8`);
      words.textContent = `one wave: 1 / ${figures(frequency)} = ${figures(1 / frequency)} pixels`;
      element.setAttribute("aria-label", `Cut through the kernel: a wave of ${figures(1 / frequency)} pixels under a bell with sigma ${format(sigma)}`);
    },
  };
}

/** What the present state gives; made anew only when its ingredients change. */
function computation(state, images, root) {
  let made = null;
  return () => {
    const [frequency, theta, sigma] = ["frequency", "theta", "sigma"].map((name) => state.get(name));
    const image = images.get(state.get("image_name"));
    const ingredients = [frequency, theta, sigma, image.name].join();
    if (made?.ingredients !== ingredients) {
      const kernel = gaborKernel(frequency, theta, sigma);
      const response = gaborResponse(image, kernel);
      const strongest = response.magnitude.reduce((best, value, at, all) => (value > all[best] ? at : best), 0);
      made = { ingredients, frequency, theta, sigma, image, kernel, response, strongest };
      root.explorer = made; // what tests and the curious can read
    }
    made.limit = state.get("fit") ? made.response.magnitude[made.strongest] || 1 : gaborReach(made.kernel);
    return made;
  };
}

/** The place that is looked at: under the pointer, else the chosen one, else the strongest. */
function makePlace(state, current) {
  const place = { hovered: null, chosen: null, at, handlers: { pick, hover, key } };
  function at() {
    const { image, strongest } = current();
    const wanted = place.hovered ?? place.chosen ?? strongest;
    return wanted < image.h * image.w ? wanted : strongest;
  }
  const toPlace = (row, column) => row * current().image.w + column;
  function hover(row, column) {
    place.hovered = row === null ? null : toPlace(row, column);
    state.changed();
  }
  function pick(row, column) {
    place.hovered = null;
    place.chosen = toPlace(row, column);
    state.changed();
  }
  function key(name) {
    const { image } = current();
    const [down, right] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[name] ?? [];
    if (name === "Home") (place.chosen = place.hovered = null, state.changed());
    else if (down === undefined) return false;
    else {
      const from = at();
      pick(clamp(Math.floor(from / image.w) + down, 0, image.h - 1), clamp((from % image.w) + right, 0, image.w - 1));
    }
    return true;
  }
  return place;
}

/** Lists, sliders and presets in their two rows. */
function controlRows(state, images, place) {
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);
  const range = (name, min, max, step, text) =>
    slider(name, { limits: () => ({ min, max, step }), get: get(name), set: set(name), text });
  const controls = {
    image: chooser("picture", () => [...images.keys()].map((n) => [n, n]), get("image_name"), (name) => ((place.chosen = null), state.set("image_name", name))),
    fit: toggle("colours fit this response", get("fit"), set("fit")),
    frequency: range("frequency", 0.01, 1, 0.05, format),
    theta: range("theta", 0, 3.14, 0.1, (value) => `${format(value)} (${Math.round((180 * value) / Math.PI)}\u00b0)`),
    sigma: range("sigma", 0.1, 5, 0.1, (value) => `${format(value)} px`),
  };
  const presets = PRESETS.map(([frequency, theta, sigma]) =>
    button(
      `${format(frequency)} \u00b7 ${format(theta)} \u00b7 ${format(sigma)}`,
      `Preset: frequency ${frequency}, theta ${theta}, sigma ${sigma}`,
      () => Object.entries({ frequency, theta, sigma }).forEach(([name, value]) => state.set(name, value)),
    ));
  return {
    elements: [
      h("div", { class: "cx-row" }, controls.image.element, labelled("presets", ...presets), controls.fit.element),
      h("div", { class: "cx-row" }, controls.frequency.element, controls.theta.element, controls.sigma.element),
    ],
    update({ frequency, theta, sigma }) {
      for (const control of Object.values(controls)) control.update();
      const now = [frequency, theta, sigma].join();
      presets.forEach((one, i) => one.setAttribute("aria-pressed", String(PRESETS[i].join() === now)));
    },
  };
}

/** The kernel's two parts, its cut, and what it does to a flat picture. */
function kernelPanel() {
  const real = pixelMap("Real part");
  const imaginary = pixelMap("Imaginary part");
  const arrow = compass();
  const curve = crossSection();
  const note = h("div", { class: "cx-note" });
  const part = (title, map, colour, ...over) =>
    h("div", {}, h("span", { class: "cx-title" }, h("i", { class: "cx-key", style: `background: ${colour}` }), title), h("div", { class: "cx-over" }, map.element, ...over));
  return {
    element: h("div", { class: "cx-panel cx-wide" },
      h("div", { class: "cx-parts" }, part("real", real, REAL, arrow.element), part("imaginary", imaginary, IMAGINARY)),
      curve.element, note),
    update({ frequency, theta, sigma, kernel }, most) {
      const { size } = kernel;
      for (const [map, values, name] of [[real, kernel.re, "Real"], [imaginary, kernel.im, "Imaginary"]]) {
        map.draw({ w: size, h: size, colour: (i, j) => signed(values[i * size + j] / most) });
        map.describe(`${name} part of the kernel, ${size} by ${size} pixels`);
      }
      arrow.update({ frequency, theta, sigma, size });
      curve.update({ frequency, sigma });
      const seen = seenWave(frequency, theta);
      note.textContent = `kernel ${size}\u00d7${size}; a flat white picture gives ${figures(flatAnswer(kernel))}. ` +
        (seen.hidden ? `Too fast for pixels: they see a frequency of ${figures(seen.frequency)}.` : "");
    },
  };
}

/** The picture with the kernel laid over it. */
function picturePanel(handlers) {
  const GRAYS = Array.from({ length: 256 }, (_, level) => gray(level / 255));
  const title = h("span", { class: "cx-title" });
  const map = pixelMap("Picture", handlers);
  return {
    element: h("div", { class: "cx-panel" }, title, map.element, h("div", { class: "cx-note" }, "the kernel laid where you point")),
    update({ image, kernel: { radius, size, re } }, { row, column, words }, most) {
      const laid = (i, j) => {
        const y = i - row + radius;
        const x = j - column + radius;
        return y >= 0 && y < size && x >= 0 && x < size ? re[y * size + x] / most : 0;
      };
      title.textContent = `picture ${image.h}\u00d7${image.w}`;
      map.draw({
        w: image.w, h: image.h,
        colour: (i, j) => {
          const pixel = GRAYS[Math.round(255 * image.data[i * image.w + j])];
          const weight = laid(i, j);
          return Math.abs(weight) < 0.02 ? pixel : mix(pixel, weight < 0 ? BLUE : ORANGE, Math.min(1, 1.2 * Math.abs(weight)));
        },
        boxes: [{ row: row - radius, column: column - radius, h: size, w: size }],
      });
      map.describe(`Picture ${image.name}, kernel at ${words}. Arrow keys move it, Home goes to the strongest answer.`);
    },
  };
}

/** Where the picture answers, and how much. */
function answerPanel(handlers) {
  const HEAT = Array.from({ length: 256 }, (_, level) => magnitude(level / 255));
  const map = pixelMap("Response", handlers);
  const scale = legend();
  return {
    element: h("div", { class: "cx-panel" }, h("span", { class: "cx-title" }, "response magnitude"), map.element, scale.element),
    update({ image, response, limit }, { row, column, value, words }) {
      const margin = Math.round(image.w / 60); // a single pixel of a photograph is too small to see
      map.draw({
        w: image.w, h: image.h,
        colour: (i, j) => HEAT[Math.round(255 * Math.min(1, response.magnitude[i * image.w + j] / limit))],
        boxes: [{ row: row - margin, column: column - margin, h: 1 + 2 * margin, w: 1 + 2 * margin }],
      });
      scale.update({ from: 0, to: limit, colour: (v) => magnitude(v / limit), value, text: figures });
      map.describe(`Response ${image.h} by ${image.w}, ${words}. Arrow keys move, Home goes to the strongest answer.`);
    },
  };
}

/** The place that is looked at, its answer, and both in words. */
function sight({ image, response }, at) {
  const row = Math.floor(at / image.w);
  const column = at % image.w;
  const value = response.magnitude[at];
  const formula = `row ${row}, column ${column}: \u221a(real\u00b2 + imaginary\u00b2) = ` +
    `\u221a((${figures(response.re[at])})\u00b2 + (${figures(response.im[at])})\u00b2) = ${figures(value)}`;
  return { row, column, value, formula, words: `row ${row}, column ${column}, magnitude ${figures(value)}` };
}

function render({ model, el }) {
  const images = readImages(model);
  const state = makeState(model, () => redraw());
  const view = frame(el, "gabor", "Gabor explorer", () => state.changed());
  const current = computation(state, images, view.root);
  const place = makePlace(state, current);

  const controls = controlRows(state, images, place);
  const kernel = kernelPanel();
  const picture = picturePanel(place.handlers);
  const answer = answerPanel(place.handlers);
  const formula = h("div", { class: "cx-note cx-formula" });
  const spoken = announcer();
  view.root.append(
    ...controls.elements,
    h("div", { class: "cx-panels" }, kernel.element, picture.element, answer.element),
    formula, spoken,
  );

  function redraw() {
    const made = current();
    const seen = sight(made, place.at());
    const most = Math.max(...made.kernel.re); // the middle of the bell
    controls.update(made);
    kernel.update(made, most);
    picture.update(made, seen, most);
    answer.update(made, seen);
    const which = place.hovered !== null ? "" : place.chosen !== null ? "chosen: " : "strongest: ";
    formula.textContent = which + seen.formula;
    if (place.hovered === null) spoken.textContent = seen.words;
  }

  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
