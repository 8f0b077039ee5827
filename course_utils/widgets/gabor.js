// GaborExplorer: a wave under a bell, and where a picture answers to it.

const PRESETS = [[0.16, 1.2, 4.0], [0.31, 0, 3.6], [0.36, 1.6, 1.3]];
const REAL = "#009e73";
const IMAGINARY = "#cc79a7";

/**
 * The kernel of filters.gabor_kernel. Its bell is round, so it is a column of complex numbers
 * times a row of them: two passes of length h replace one of h times h.
 */
function gaborKernel(frequency, theta, sigma) {
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const radius = Math.ceil(Math.max(3 * sigma * Math.abs(cos), 3 * sigma * Math.abs(sin), 1));
  const size = 2 * radius + 1;
  const line = (slope) => {
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const x = i - radius;
      const bell = Math.exp((-x * x) / (2 * sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma);
      re[i] = bell * Math.cos(2 * Math.PI * frequency * slope * x);
      im[i] = bell * Math.sin(2 * Math.PI * frequency * slope * x);
    }
    return { re, im };
  };
  const row = line(cos);
  const column = line(sin);
  const re = new Float64Array(size * size);
  const im = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0; j < size; j++, at++) {
      re[at] = column.re[i] * row.re[j] - column.im[i] * row.im[j];
      im[at] = column.re[i] * row.im[j] + column.im[i] * row.re[j];
    }
  }
  return { radius, size, row, column, re, im };
}

/** Which pixel stands at place i when the picture goes on as in a mirror at both ends. */
function mirrored(i, n) {
  const at = ((i % (2 * n)) + 2 * n) % (2 * n);
  return at < n ? at : 2 * n - 1 - at;
}

/** The two correlations and their magnitude, as filters.gabor_magnitude computes it. */
function gaborResponse({ h: rows, w: columns, data }, { radius, size, row, column }) {
  const acrossRe = new Float64Array(rows * columns);
  const acrossIm = new Float64Array(rows * columns);
  const wide = new Float64Array(columns + 2 * radius);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < wide.length; j++) wide[j] = data[i * columns + mirrored(j - radius, columns)];
    for (let j = 0; j < columns; j++) {
      let sumRe = 0;
      let sumIm = 0;
      for (let k = 0; k < size; k++) {
        sumRe += wide[j + k] * row.re[k];
        sumIm += wide[j + k] * row.im[k];
      }
      acrossRe[i * columns + j] = sumRe;
      acrossIm[i * columns + j] = sumIm;
    }
  }
  const re = new Float64Array(rows * columns);
  const im = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < size; k++) {
      const from = mirrored(i + k - radius, rows) * columns;
      const a = column.re[k];
      const b = column.im[k];
      for (let j = 0, to = i * columns; j < columns; j++, to++) {
        re[to] += a * acrossRe[from + j] - b * acrossIm[from + j];
        im[to] += a * acrossIm[from + j] + b * acrossRe[from + j];
      }
    }
  }
  const magnitude = re.map((value, at) => Math.sqrt(value * value + im[at] * im[at]));
  return { re, im, magnitude };
}

/** The magnitude of the kernel's answer to a flat picture of value 1. */
function flatAnswer({ row, column }) {
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  return Math.hypot(total(row.re), total(row.im)) * Math.hypot(total(column.re), total(column.im));
}

/** The largest answer of the kernel to any 0..1 picture: white where its wave is positive. */
function gaborReach({ re, im }) {
  let most = 0;
  for (let phase = 0; phase < 16; phase++) {
    const cos = Math.cos((Math.PI * phase) / 8);
    const sin = Math.sin((Math.PI * phase) / 8);
    let sum = 0;
    for (let at = 0; at < re.length; at++) sum += Math.max(0, re[at] * cos - im[at] * sin);
    most = Math.max(most, sum);
  }
  return most;
}

/** Pixels see a wave only between -1/2 and 1/2 waves a pixel, down and across: what they see of this one. */
function seenWave(frequency, theta) {
  const across = frequency * Math.cos(theta);
  const down = frequency * Math.sin(theta);
  const [x, y] = [across - Math.round(across), down - Math.round(down)];
  return { frequency: Math.hypot(x, y), hidden: Math.abs(across) > 0.5 || Math.abs(down) > 0.5 };
}

const figures = (value) => (value === 0 ? "0" : Number(value.toPrecision(2)).toString().replace("-", MINUS));

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

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

function render({ model, el }) {
  const images = readImages(model);
  const state = makeState(model, () => redraw());
  const view = frame(el, "gabor", "Gabor explorer", () => state.changed());
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);

  // What the present state gives; made anew only when its ingredients change.
  let made = null;
  function current() {
    const [frequency, theta, sigma] = ["frequency", "theta", "sigma"].map((name) => state.get(name));
    const image = images.get(state.get("image_name"));
    const ingredients = [frequency, theta, sigma, image.name].join();
    if (made?.ingredients !== ingredients) {
      const kernel = gaborKernel(frequency, theta, sigma);
      const response = gaborResponse(image, kernel);
      const strongest = response.magnitude.reduce((best, value, at, all) => (value > all[best] ? at : best), 0);
      made = { ingredients, frequency, theta, sigma, image, kernel, response, strongest };
      view.root.explorer = made; // what tests and the curious can read
    }
    made.limit = state.get("fit") ? made.response.magnitude[made.strongest] || 1 : gaborReach(made.kernel);
    return made;
  }

  // ---- the place that is looked at: under the pointer, else the chosen one, else the strongest
  let hovered = null;
  let chosen = null;
  function place() {
    const { image, strongest } = current();
    const at = hovered ?? chosen ?? strongest;
    return at < image.h * image.w ? at : strongest;
  }
  const toPlace = (row, column) => row * current().image.w + column;
  function hover(row, column) {
    hovered = row === null ? null : toPlace(row, column);
    state.changed();
  }
  function pick(row, column) {
    hovered = null;
    chosen = toPlace(row, column);
    state.changed();
  }
  function key(name) {
    const { image } = current();
    const [down, right] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[name] ?? [];
    if (name === "Home") (chosen = hovered = null, state.changed());
    else if (down === undefined) return false;
    else {
      const at = place();
      pick(clamp(Math.floor(at / image.w) + down, 0, image.h - 1), clamp((at % image.w) + right, 0, image.w - 1));
    }
    return true;
  }

  // ---- controls
  const range = (name, min, max, step, text) =>
    slider(name, { limits: () => ({ min, max, step }), get: get(name), set: set(name), text });
  const controls = {
    image: chooser("picture", () => [...images.keys()].map((n) => [n, n]), get("image_name"), (name) => ((chosen = null), state.set("image_name", name))),
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

  // ---- the picture
  const real = pixelMap("Real part");
  const imaginary = pixelMap("Imaginary part");
  const arrow = compass();
  const curve = crossSection();
  const picture = pixelMap("Picture", { pick, hover, key });
  const answer = pixelMap("Response", { pick, hover, key });
  const scale = legend();
  const kernelTitle = h("span", { class: "cx-title" });
  const pictureTitle = h("span", { class: "cx-title" });
  const kernelNote = h("div", { class: "cx-note" });
  const formula = h("div", { class: "cx-note cx-formula" });
  const spoken = announcer();
  const part = (title, map, colour, ...over) =>
    h("div", {}, h("span", { class: "cx-title" }, h("i", { class: "cx-key", style: `background: ${colour}` }), title), h("div", { class: "cx-over" }, map.element, ...over));
  view.root.append(
    h("div", { class: "cx-row" }, controls.image.element, labelled("presets", ...presets), controls.fit.element),
    h("div", { class: "cx-row" }, controls.frequency.element, controls.theta.element, controls.sigma.element),
    h("div", { class: "cx-panels" },
      h("div", { class: "cx-panel cx-wide" },
        h("div", { class: "cx-parts" }, part("real", real, REAL, arrow.element), part("imaginary", imaginary, IMAGINARY)),
        curve.element, kernelNote),
      h("div", { class: "cx-panel" }, pictureTitle, picture.element, h("div", { class: "cx-note" }, "the kernel laid where you point")),
      h("div", { class: "cx-panel" }, h("span", { class: "cx-title" }, "response magnitude"), answer.element, scale.element)),
    formula, spoken,
  );
  const GRAYS = Array.from({ length: 256 }, (_, level) => gray(level / 255));
  const HEAT = Array.from({ length: 256 }, (_, level) => magnitude(level / 255));

  function redraw() {
    const { frequency, theta, sigma, image, kernel, response, limit } = current();
    for (const control of Object.values(controls)) control.update();
    presets.forEach((one, i) => one.setAttribute("aria-pressed", String(PRESETS[i].join() === [frequency, theta, sigma].join())));
    const { radius, size } = kernel;
    const most = Math.max(...kernel.re); // the middle of the bell

    for (const [map, values, name] of [[real, kernel.re, "Real"], [imaginary, kernel.im, "Imaginary"]]) {
      map.draw({ w: size, h: size, colour: (i, j) => signed(values[i * size + j] / most) });
      map.describe(`${name} part of the kernel, ${size} by ${size} pixels`);
    }
    arrow.update({ frequency, theta, sigma, size });
    curve.update({ frequency, sigma });
    const seen = seenWave(frequency, theta);
    kernelNote.textContent = `kernel ${size}\u00d7${size}; a flat white picture gives ${figures(flatAnswer(kernel))}. ` +
      (seen.hidden ? `Too fast for pixels: they see a frequency of ${figures(seen.frequency)}.` : "");

    const at = place();
    const row = Math.floor(at / image.w);
    const column = at % image.w;
    const laid = (i, j) => {
      const y = i - row + radius;
      const x = j - column + radius;
      return y >= 0 && y < size && x >= 0 && x < size ? kernel.re[y * size + x] / most : 0;
    };
    pictureTitle.textContent = `picture ${image.h}\u00d7${image.w}`;
    picture.draw({
      w: image.w, h: image.h,
      colour: (i, j) => {
        const pixel = GRAYS[Math.round(255 * image.data[i * image.w + j])];
        const weight = laid(i, j);
        return Math.abs(weight) < 0.02 ? pixel : mix(pixel, weight < 0 ? BLUE : ORANGE, Math.min(1, 1.2 * Math.abs(weight)));
      },
      boxes: [{ row: row - radius, column: column - radius, h: size, w: size }],
    });
    const margin = Math.round(image.w / 60); // a single pixel of a photograph is too small to see
    answer.draw({
      w: image.w, h: image.h,
      colour: (i, j) => HEAT[Math.round(255 * Math.min(1, response.magnitude[i * image.w + j] / limit))],
      boxes: [{ row: row - margin, column: column - margin, h: 1 + 2 * margin, w: 1 + 2 * margin }],
    });
    const value = response.magnitude[at];
    scale.update({ from: 0, to: limit, colour: (v) => magnitude(v / limit), value, text: figures });
    const which = hovered !== null ? "" : chosen !== null ? "chosen: " : "strongest: ";
    formula.textContent = `${which}row ${row}, column ${column}: \u221a(real\u00b2 + imaginary\u00b2) = ` +
      `\u221a((${figures(response.re[at])})\u00b2 + (${figures(response.im[at])})\u00b2) = ${figures(value)}`;
    const words = `row ${row}, column ${column}, magnitude ${figures(value)}`;
    picture.describe(`Picture ${image.name}, kernel at ${words}. Arrow keys move it, Home goes to the strongest answer.`);
    answer.describe(`Response ${image.h} by ${image.w}, ${words}. Arrow keys move, Home goes to the strongest answer.`);
    if (hovered === null) spoken.textContent = words;
  }

  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
