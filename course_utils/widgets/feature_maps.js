// FeatureMapExplorer: what each filter of a network answers, and what it likes.

const ACROSS = 16;
const PAGE = 32; // filters shown at once, small
const BETWEEN = [128, 128, 128];

/** Pictures that follow each other in one block of bytes: their data is a view of it. */
function cutPictures(list, bytes) {
  let start = 0;
  return list.map(({ h, w, ...rest }) => {
    const data = bytes.subarray(start, start + 3 * h * w);
    start += 3 * h * w;
    return { h, w, data, ...rest };
  });
}

/** Each layer with its maps, uint8 (image, filter, h, w), and peaks (image, filter, 4). */
function cutLayers(model, images) {
  const maps = asBytes(model.get("_maps"));
  const peaks = asFloats(model.get("_peaks"));
  let map = 0;
  let peak = 0;
  return new Map(model.get("_layers").map((layer) => {
    const length = images * layer.n * layer.h * layer.w;
    const whole = { ...layer, maps: maps.subarray(map, map + length), peaks: peaks.subarray(peak, peak + 4 * images * layer.n) };
    map += length;
    peak += 4 * images * layer.n;
    return [layer.name, whole];
  }));
}

const significant = (value) => String(Number(value.toPrecision(3))).replace("-", MINUS);

/** What the present choice gives. */
function computation(state, layers, images, root) {
  return () => {
    const layer = layers.get(state.get("layer_name"));
    const filter = clamp(state.get("filter"), 0, layer.n - 1);
    const image = Math.max(0, images.findIndex(({ name }) => name === state.get("image_name")));
    const peak = (i) => layer.peaks.subarray(4 * (i * layer.n + filter), 4 * (i * layer.n + filter) + 4);
    let best = 0;
    let strongest = 0;
    images.forEach((_, i) => {
      if (peak(i)[0] > peak(best)[0]) best = i;
      strongest = Math.max(strongest, peak(i)[3]);
    });
    const size = layer.h * layer.w;
    const map = (f) => layer.maps.subarray((image * layer.n + f) * size, (image * layer.n + f + 1) * size);
    const made = { layer, filter, image, best, strongest, map, peak };
    root.explorer = made; // what tests and the curious can read
    return made;
  };
}

/** Lists for layer, filter and picture. */
function makeControls(state, layers, images) {
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);
  const layer = () => layers.get(state.get("layer_name"));
  function setLayer(name) {
    state.set("layer_name", name);
    state.set("filter", Math.min(state.get("filter"), layers.get(name).n - 1));
  }
  return [
    chooser("layer", () => [...layers.values()].map(({ name, n, size }) => [name, `${name} (${size[0]}\u00d7${size[1]}\u00d7${n})`]), get("layer_name"), setLayer),
    chooser("filter", () => Array.from({ length: layer().n }, (_, i) => [i, String(i)]), get("filter"), set("filter")),
    chooser("picture", () => images.map(({ name }) => [name, name]), get("image_name"), set("image_name")),
  ];
}

/** A picture in colour on a map of pixels. */
function drawPicture(map, { h: rows, w, data }, boxes = []) {
  map.draw({ w, h: rows, boxes, colour: (i, j) => data.subarray(3 * (i * w + j), 3 * (i * w + j) + 3) });
}

function panel(...content) {
  const title = h("span", { class: "cx-title" });
  return { title, element: h("div", { class: "cx-panel" }, title, ...content) };
}

function picturePanel(images) {
  const map = pixelMap("Picture");
  const { title, element } = panel(map.element);
  return {
    element,
    update({ image }) {
      title.textContent = images[image].name;
      drawPicture(map, images[image]);
      map.describe(`Picture: ${images[image].name}`);
    },
  };
}

/** The chosen filter's map. */
function answerPanel() {
  const map = pixelMap("Map");
  const scale = legend();
  const { title, element } = panel(map.element, scale.element);
  return {
    element,
    update({ layer, filter, image, strongest, map: mapOf, peak }, colours) {
      const { h: rows, w, size } = layer;
      const shown = mapOf(filter);
      title.textContent = `filter ${filter}: map ${size[0]}\u00d7${size[1]}`;
      map.draw({ w, h: rows, colour: (i, j) => colours[shown[i * w + j]] });
      const top = strongest || 1;
      scale.update({
        from: layer.signed ? -top : 0, to: top, text: significant,
        colour: (v) => (layer.signed ? signed(v / top) : magnitude(v / top)),
      });
      map.describe(`Map of filter ${filter}, ${size[0]} by ${size[1]}, largest answer ${significant(peak(image)[0])}`);
    },
  };
}

/** The picture with the filter's largest answer, and where it is. */
function bestPanel(images) {
  const map = pixelMap("Best picture");
  const note = h("div", { class: "cx-note" });
  const { title, element } = panel(map.element, note);
  return {
    element,
    update({ best, strongest, peak }) {
      const [value, row, column] = peak(best);
      const dead = strongest === 0;
      const liked = images[best];
      const side = Math.max(1, Math.max(liked.h, liked.w) / 8);
      title.textContent = dead ? "silent on all pictures" : `strongest on: ${liked.name}`;
      const inside = (share, length) => clamp(share * length - side / 2, 0, length - side);
      const box = { row: inside(row, liked.h), column: inside(column, liked.w), h: side, w: side };
      drawPicture(map, liked, dead ? [] : [box]);
      note.textContent = dead ? "" : `${significant(value)} in the frame`;
      map.describe(dead ? "This filter is silent on all pictures" : `${liked.name} has the largest answer, ${significant(value)}`);
    },
  };
}

/** The input that the filter likes, once the kernel has computed it. */
function likedPanel(state, current) {
  const map = pixelMap("Preferred input");
  const note = h("div", { class: "cx-note" });
  const ask = button("", "Compute the preferred input", () => {
    const { layer: { name }, filter } = current();
    state.set("trouble", "");
    state.set("asked", `${name} ${filter}`);
  });
  const { title, element } = panel(h("div", { class: "cx-liked" }, map.element, ask), note);
  title.textContent = "preferred input";
  const paper = { h: 16, w: 16, data: new Uint8Array(3 * 256).fill(128) };
  return {
    element,
    update({ layer, filter }) {
      const known = cutPictures(state.get("_liked"), asBytes(state.get("_liked_pixels")))
        .find((one) => one.layer === layer.name && one.filter === filter);
      const asked = state.get("asked");
      ask.hidden = known !== undefined;
      ask.disabled = asked !== "";
      ask.textContent = asked === "" ? "compute it (some seconds)" : "the kernel is working \u2026";
      ask.setAttribute("aria-label", named(ask.textContent, "Compute the preferred input"));
      ask.title = "Needs a running kernel: an exported page shows those that were computed before";
      drawPicture(map, known ?? paper);
      map.describe(known ? `Preferred input of filter ${filter}` : "Preferred input, not computed yet");
      note.textContent = state.get("trouble");
    },
  };
}

/** The filters of the layer, small, a page of them. */
function mosaicPanel(state, layers, current) {
  const count = () => layers.get(state.get("layer_name")).n;
  const pages = () => Math.ceil(count() / PAGE);
  const page = () => Math.floor(state.get("filter") / PAGE);
  const setPage = (value) => state.set("filter", clamp(value, 0, pages() - 1) * PAGE);
  function pick(row, column) {
    const { layer: { n, h: rows, w } } = current();
    const filter = page() * PAGE + Math.floor(row / (rows + 1)) * ACROSS + Math.floor(column / (w + 1));
    if (filter < n) state.set("filter", filter);
  }
  function key(name) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS }[name];
    if (by === undefined) return false;
    const next = state.get("filter") + by;
    if (next >= 0 && next < count()) state.set("filter", next);
    return true;
  }
  const turn = chooser("filters", () => Array.from({ length: pages() }, (_, i) => [i, `${i * PAGE} to ${Math.min((i + 1) * PAGE, count()) - 1}`]), page, setPage);
  const title = h("span", { class: "cx-title" });
  const map = pixelMap("All filters", { pick, key });
  return {
    element: h("div", { class: "cx-mosaic" }, h("div", { class: "cx-row" }, title, turn.element), map.element),
    update({ layer, filter, map: mapOf }, colours) {
      turn.update();
      turn.element.hidden = pages() < 2;
      const { h: rows, w, n } = layer;
      const first = page() * PAGE;
      const all = Array.from({ length: Math.min(PAGE, n - first) }, (_, i) => mapOf(first + i));
      const down = Math.ceil(all.length / ACROSS);
      const at = filter - first;
      title.textContent = `all ${n} filters of ${layer.name} on this picture`;
      map.draw({
        w: ACROSS * (w + 1) - 1, h: down * (rows + 1) - 1,
        colour: (i, j) => {
          const y = i % (rows + 1);
          const x = j % (w + 1);
          const one = all[Math.floor(i / (rows + 1)) * ACROSS + Math.floor(j / (w + 1))];
          return y === rows || x === w || !one ? BETWEEN : colours[one[y * w + x]];
        },
        boxes: [{ row: Math.floor(at / ACROSS) * (rows + 1), column: (at % ACROSS) * (w + 1), h: rows, w }],
      });
      map.describe(`Maps of filters ${first} to ${first + all.length - 1}, ${Math.min(ACROSS, all.length)} in a row; filter ${filter} is chosen. Arrow keys choose another.`);
    },
  };
}

function render({ model, el }) {
  const state = makeState(model, () => redraw());
  const view = frame(el, "features", "Feature map explorer", () => redraw());
  const images = cutPictures(model.get("_images"), asBytes(model.get("_pixels")));
  const layers = cutLayers(model, images.length);
  const current = computation(state, layers, images, view.root);
  // Colours of a byte.
  const HEAT = Array.from({ length: 256 }, (_, level) => magnitude(level / 255));
  const BOTH = Array.from({ length: 256 }, (_, level) => signed((level - 128) / 127));

  const controls = makeControls(state, layers, images);
  const panels = [picturePanel(images), answerPanel(), bestPanel(images), likedPanel(state, current)];
  const mosaic = mosaicPanel(state, layers, current);
  const spoken = announcer();
  view.root.append(
    h("div", { class: "cx-row" }, ...controls.map(({ element }) => element)),
    h("div", { class: "cx-panels" }, ...panels.map(({ element }) => element)),
    mosaic.element,
    spoken,
  );

  function redraw() {
    const made = current();
    const { layer, filter, image, peak } = made;
    const colours = layer.signed ? BOTH : HEAT;
    for (const control of controls) control.update();
    for (const part of [...panels, mosaic]) part.update(made, colours);
    spoken.textContent = `${layer.name}, filter ${filter}, ${images[image].name}, largest answer ${significant(peak(image)[0])}`;
  }

  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
