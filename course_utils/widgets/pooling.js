// PoolingExplorer: pool a picture, move it by a pixel, and compare the maps.

const KINDS = [["max", "max"], ["average", "average"], ["l2", "L2"]];
const COLOURS = { picture: "#999999", pooled: "#0072b2", strided: "#d55e00" };

/** The picture moved down and to the right; zeros enter where it leaves the border. */
function shifted(image, [down, right]) {
  const data = new Float32Array(image.data.length);
  for (let i = Math.max(0, down); i < Math.min(image.h, image.h + down); i++) {
    for (let j = Math.max(0, right); j < Math.min(image.w, image.w + right); j++) {
      data[i * image.w + j] = image.data[(i - down) * image.w + j - right];
    }
  }
  return { ...image, data };
}

/** The pixels under the window at (row, column) that lie inside the picture. */
function windowAt(image, size, layout, row, column) {
  const top = row * layout.stride - layout.top;
  const left = column * layout.stride - layout.left;
  return {
    top, left,
    from: Math.max(top, 0), to: Math.min(top + size, image.h),
    start: Math.max(left, 0), end: Math.min(left + size, image.w),
  };
}

/** One number for each window; padding never wins and never counts. */
function pool(image, size, layout, kind) {
  const out = new Float64Array(layout.h * layout.w);
  for (let i = 0, at = 0; i < layout.h; i++) {
    for (let j = 0; j < layout.w; j++, at++) {
      const { from, to, start, end } = windowAt(image, size, layout, i, j);
      let most = -Infinity;
      let sum = 0;
      for (let y = from; y < to; y++) {
        for (let x = start; x < end; x++) {
          const value = image.data[y * image.w + x];
          if (kind === "max") most = Math.max(most, value);
          else sum += kind === "l2" ? value * value : value;
        }
      }
      out[at] = kind === "max" ? most : kind === "l2" ? Math.sqrt(sum) : sum / ((to - from) * (end - start));
    }
  }
  return out;
}

/** A kernel as large as the window, for the strided convolution beside the pooling. */
function stridedKernel(name, size) {
  const middle = (size - 1) / 2;
  const kept = Math.floor(middle) * (size + 1);
  return Array.from({ length: size * size }, (_, at) => {
    if (name === "blur") return 1 / (size * size);
    if (name === "vertical edge") return Math.sign((at % size) - middle) / size;
    return at === kept ? 1 : 0; // one pixel
  });
}

/** What `convolve` computes for one channel, five times as fast. */
function strided(image, kernel, size, layout) {
  const out = new Float64Array(layout.h * layout.w);
  for (let i = 0, at = 0; i < layout.h; i++) {
    for (let j = 0; j < layout.w; j++, at++) {
      const { top, left, from, to, start, end } = windowAt(image, size, layout, i, j);
      for (let y = from; y < to; y++) {
        for (let x = start; x < end; x++) out[at] += image.data[y * image.w + x] * kernel[(y - top) * size + x - left];
      }
    }
  }
  return out;
}

/** How far a map is from what it was, as a share of what it was; NaN where it was all zero. */
function relativeDistance(before, after) {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < before.length; i++) {
    difference += (after[i] - before[i]) ** 2;
    norm += before[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

const extremes = (...lists) => {
  let low = 0;
  let high = 0;
  for (const list of lists) for (const value of list) (low = Math.min(low, value)), (high = Math.max(high, value));
  return [low, high];
};

/** Gray from 0 up, or colours centred on zero where a value is below it. */
function scaleFor(low, high) {
  if (low >= 0) return { from: 0, to: high || 1, colour: (v) => gray(v / (high || 1)) };
  const limit = Math.max(-low, high);
  return { from: -limit, to: limit, colour: (v) => signed(v / limit) };
}

/** A bar from 0 to 1.5 with the distance in figures. */
function meter(colour) {
  const fill = h("i");
  fill.style.background = colour;
  const number = h("b");
  const element = h("div", { class: "cx-meter" }, h("span", {}, "distance ", number), h("div", { class: "cx-bar" }, fill));
  return {
    element,
    update(distance) {
      number.textContent = Number.isFinite(distance) ? distance.toFixed(2) : "not defined";
      fill.style.width = `${100 * clamp((distance || 0) / 1.5, 0, 1)}%`;
    },
  };
}

/** "2 right, 1 up", or "not moved". */
function inWords([down, right], unit = "") {
  const parts = [];
  if (right) parts.push(`${Math.abs(right)}${unit} ${right > 0 ? "right" : "left"}`);
  if (down) parts.push(`${Math.abs(down)}${unit} ${down > 0 ? "down" : "up"}`);
  return parts.join(", ") || "not moved";
}

/** What the present state gives. A shift changes only what comes after it. */
function computation(state, images, root) {
  const made = {};
  function remember(name, ingredients, make) {
    const key = JSON.stringify(ingredients);
    if (made[name]?.key !== key) made[name] = { key, value: make() };
    return made[name].value;
  }
  function mapsOf(image, layout) {
    const size = state.get("size");
    return {
      image,
      picture: image.data,
      pooled: pool(image, size, layout, state.get("kind")),
      strided: strided(image, stridedKernel(state.get("kernel"), size), size, layout),
    };
  }
  return () => {
    const image = images.get(state.get("image_name"));
    const size = state.get("size");
    const stride = state.get("stride") ?? size;
    const settings = [image.name, size, stride, state.get("padding"), state.get("kind"), state.get("kernel")];
    return remember("all", [...settings, state.get("shift")], () => {
      const layout = windowLayout(image, { h: size, w: size }, stride, state.get("padding"));
      const before = remember("before", settings, () => mapsOf(image, layout));
      const after = mapsOf(shifted(image, state.get("shift")), layout);
      const distances = {};
      const scales = {};
      for (const name of ["picture", "pooled", "strided"]) {
        distances[name] = relativeDistance(before[name], after[name]);
        scales[name] = scaleFor(...extremes(before[name], after[name]));
      }
      const all = { layout, before, after, distances, scales };
      root.explorer = all; // what tests and the curious can read
      return all;
    });
  };
}

/** The place in sight: an output position, chosen or under the pointer. */
function makePlace(state, current) {
  const place = { hovered: null, at: () => within(place.hovered ?? state.get("place")) };
  const within = ([row, column]) => {
    const { layout } = current();
    return [clamp(row, 0, Math.max(0, layout.h - 1)), clamp(column, 0, Math.max(0, layout.w - 1))];
  };
  const pick = (row, column) => state.set("place", within([row, column]));
  const hover = (row, column) => ((place.hovered = row === null ? null : [row, column]), state.changed());
  /** The output whose window has its middle nearest to a pixel. */
  const nearest = (row, column) => {
    const { layout } = current();
    const to = (at, before) => Math.round((at + before - (state.get("size") - 1) / 2) / layout.stride);
    return within([to(row, layout.top), to(column, layout.left)]);
  };
  function key(name) {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[name];
    if (!by) return false;
    const [row, column] = within(state.get("place"));
    place.hovered = null;
    pick(row + by[0], column + by[1]);
    return true;
  }
  const pixelHover = (row, column) => (row === null ? hover(null) : hover(...nearest(row, column)));
  place.handlers = {
    picture: { pick: (row, column) => pick(...nearest(row, column)), hover: pixelHover, key },
    pooled: { pick, hover, key },
    strided: { pick, hover, key },
    window: {},
  };
  return place;
}

/** Lists, steppers and sliders in their two rows. */
function controlRows(model, state, images) {
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);
  const shiftSlider = (label, axis) => slider(label, {
    limits: () => ({ min: -4, max: 4, step: 1 }),
    get: () => state.get("shift")[axis],
    set: (value) => state.set("shift", state.get("shift").map((old, i) => (i === axis ? value : old))),
  });
  const sizes = [1, 2, 3, 4, 5, 6, 7];
  const controls = {
    image: chooser("picture", () => [...images.keys()].map((name) => [name, name]), get("image_name"), set("image_name")),
    kind: chooser("pooling", () => KINDS, get("kind"), set("kind")),
    size: stepper("window", { min: 1, max: 7, get: get("size"), set: set("size"), text: (n) => `${n}\u00d7${n}` }),
    stride: chooser("stride", () => [[null, "= window"], ...sizes.map((n) => [n, String(n)])], get("stride"), set("stride")),
    padding: chooser("padding", () => [["valid", "valid"], ["same", "same"]], get("padding"), set("padding")),
    kernel: chooser("convolution", () => model.get("_kernels").map((name) => [name, name]), get("kernel"), set("kernel")),
    right: shiftSlider("shift right", 1),
    down: shiftSlider("shift down", 0),
  };
  const back = button("0", "Move the picture back", () => state.set("shift", [0, 0]));
  const row = (...parts) => h("div", { class: "cx-row" }, ...parts.map((part) => part.element ?? part));
  return {
    elements: [
      row(controls.image, controls.kind, controls.size, controls.stride, controls.padding),
      row(controls.right, controls.down, back, controls.kernel),
    ],
    update() {
      for (const control of Object.values(controls)) control.update();
      back.disabled = !state.get("shift").some(Boolean);
    },
  };
}

/** A group of maps: one before the shift and one after it. */
function makeGroup(name, handlers) {
  const group = { name, title: h("span", { class: "cx-title" }), scale: legend(), maps: [], captions: [] };
  const shown = ["before", "after"].map((when) => {
    const map = pixelMap(`${name}, ${when}`, handlers);
    const caption = h("div", { class: "cx-caption" });
    group.maps.push(map);
    group.captions.push(caption);
    return h("div", { class: "cx-figure" }, map.element, caption);
  });
  group.meter = name === "window" ? null : meter(COLOURS[name]);
  const foot = group.meter ? [group.scale.element, group.meter.element] : [];
  group.element = h("div", { class: `cx-group cx-group-${name}` }, group.title, ...shown, ...foot);
  return group;
}

/** The window's numbers and what becomes of them, in words; the pixel that won, if one did. */
function reckoning({ size, kind, layout, row, column }, image, value) {
  const { from, to, start, end } = windowAt(image, size, layout, row, column);
  const count = (to - from) * (end - start);
  if (kind === "average") return { words: `sum ${format(value * count)} / ${count} = ${format(value)}` };
  if (kind === "l2") return { words: `\u221a ${format(value * value)} (sum of squares) = ${format(value)}` };
  for (let y = from; y < to; y++) {
    for (let x = start; x < end; x++) {
      if (image.data[y * image.w + x] === value) return { words: `largest of ${count} = ${format(value)}`, winner: [y, x] };
    }
  }
  return { words: "" };
}

/** What the place in sight covers; `none` where the window fits nowhere. */
function sight(state, { layout, scales }, [row, column]) {
  const size = state.get("size");
  return {
    layout, scales, row, column, size, kind: state.get("kind"), shift: state.get("shift"),
    none: layout.h * layout.w === 0,
    at: row * layout.w + column,
    top: row * layout.stride - layout.top,
    left: column * layout.stride - layout.left,
  };
}

/** Pixels of a picture by row and column: their value, and a colour or null outside. */
function pixelsOf(image, scale) {
  const value = (y, x) => image.data[y * image.w + x];
  const inside = (y, x) => y >= 0 && y < image.h && x >= 0 && x < image.w;
  return { value, colour: (y, x) => (inside(y, x) ? scale.colour(value(y, x)) : null) };
}

function drawPicture(group, i, when, image, { layout, scales, size, shift, none, top, left }) {
  const { value, colour } = pixelsOf(image, scales.picture);
  group.maps[i].draw({
    w: image.w + layout.left + layout.right, h: image.h + layout.top + layout.bottom,
    colour: (y, x) => colour(y - layout.top, x - layout.left),
    text: (y, x) => format(value(y - layout.top, x - layout.left)),
    boxes: none ? [] : [{ row: top + layout.top, column: left + layout.left, h: size, w: size }],
  });
  group.maps[i].describe(`Picture ${image.name} ${when}. Arrow keys move the window.`);
  group.captions[i].textContent = i ? `after: ${inWords(shift)}` : "before";
}

function drawMap(group, i, when, values, { layout, scales, row, column, none, at }) {
  group.maps[i].draw({
    w: Math.max(1, layout.w), h: Math.max(1, layout.h),
    colour: (y, x) => (none ? null : scales[group.name].colour(values[y * layout.w + x])),
    text: (y, x) => format(values[y * layout.w + x]),
    boxes: none ? [] : [{ row, column, h: 1, w: 1 }],
  });
  const said = none ? "no output" : `[${row}, ${column}] = ${format(values[at])}`;
  group.captions[i].textContent = said;
  group.maps[i].describe(`${group.title.textContent} ${when}, ${said}. Arrow keys move the window.`);
}

/** The window's pixels, large; returns in words what pooling makes of them. */
function drawWindow(group, i, when, maps, seen) {
  const { scales, size, none, at, top, left } = seen;
  const { value, colour } = pixelsOf(maps.image, scales.picture);
  const { words, winner } = none ? { words: "" } : reckoning(seen, maps.image, maps.pooled[at]);
  group.maps[i].draw({
    w: size, h: size,
    colour: (y, x) => (none ? null : colour(top + y, left + x)),
    text: (y, x) => format(value(top + y, left + x)),
    boxes: winner ? [{ row: winner[0] - top, column: winner[1] - left, h: 1, w: 1, colour: "#E69F00" }] : [],
  });
  group.maps[i].describe(`Numbers of the window ${when}: ${words}`);
  group.captions[i].textContent = words;
  return `${when}: ${words}`;
}

/** What is worth knowing about these settings, sentence by sentence. */
function remarks(state, { layout, shift, none }) {
  const whole = shift.some(Boolean) && shift.every((pixels) => pixels % layout.stride === 0);
  const notes = [];
  if (none) notes.push("The window is larger than the picture: there is no output. Make it smaller, or pad.");
  else if (whole && layout.stride > 1) {
    notes.push(`The shift is a multiple of the stride: away from the border the maps are the same, moved by ${inWords(shift.map((pixels) => pixels / layout.stride))}.`);
  }
  if (!none && state.get("kernel") === "blur" && state.get("kind") === "average") notes.push("A blur kernel computes the average: the two maps agree where no padding is.");
  notes.push("Distance: \u2016after \u2212 before\u2016 / \u2016before\u2016; 0: nothing changed, about 1.41: maps of the same length that overlap nowhere. Zeros enter where the picture leaves a border.");
  if (layout.top + layout.bottom + layout.left + layout.right) notes.push("Hatched: padding, which pooling never counts and convolution takes as zeros.");
  return notes;
}

function render({ model, el }) {
  const images = readImages(model);
  const state = makeState(model, () => redraw());
  const view = frame(el, "pooling", "Pooling explorer", () => state.changed());
  const current = computation(state, images, view.root);
  const place = makePlace(state, current);

  const controls = controlRows(model, state, images);
  const groups = Object.entries(place.handlers).map(([name, handlers]) => makeGroup(name, handlers));
  const [picture, pooled, thinned, zoom] = groups;
  const note = h("div", { class: "cx-note" });
  const spoken = announcer();
  view.root.append(
    ...controls.elements,
    h("div", { class: "cx-groups" }, ...groups.map((group) => group.element)), note, spoken);

  function showTitles({ before: { image } }, { layout, kind, size }) {
    const [, name] = KINDS.find(([key]) => key === kind);
    picture.title.textContent = `picture ${image.h}\u00d7${image.w}`;
    pooled.title.textContent = `${name} pooling ${layout.h}\u00d7${layout.w}`;
    thinned.title.textContent = `strided convolution ${layout.h}\u00d7${layout.w}`;
    zoom.title.textContent = `window ${size}\u00d7${size}`;
  }
  function redraw() {
    const made = current();
    const seen = sight(state, made, place.at());
    controls.update();
    showTitles(made, seen);
    const words = [made.before, made.after].map((maps, i) => {
      const when = i ? "after the shift" : "before the shift";
      drawPicture(picture, i, when, maps.image, seen);
      for (const group of [pooled, thinned]) drawMap(group, i, when, maps[group.name], seen);
      return drawWindow(zoom, i, when, maps, seen);
    });
    for (const group of [picture, pooled, thinned]) {
      group.scale.update(made.scales[group.name]);
      group.meter.update(made.distances[group.name]);
    }
    const notes = remarks(state, seen);
    note.textContent = notes.join(" ");
    if (place.hovered === null) spoken.textContent = seen.none ? notes[0] : `Row ${seen.row}, column ${seen.column}; ${words.join("; ")}; distance ${made.distances.pooled.toFixed(2)}`;
  }

  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
