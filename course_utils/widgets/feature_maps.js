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

function render({ model, el }) {
  const state = makeState(model, () => redraw());
  const view = frame(el, "features", "Feature map explorer", () => redraw());
  const images = cutPictures(model.get("_images"), asBytes(model.get("_pixels")));
  const layers = cutLayers(model, images.length);
  const get = (name) => () => state.get(name);
  const set = (name) => (value) => state.set(name, value);
  const layer = () => layers.get(state.get("layer_name"));

  function setLayer(name) {
    state.set("layer_name", name);
    state.set("filter", Math.min(state.get("filter"), layers.get(name).n - 1));
  }

  // ---- numbers of the present choice
  let made = null;
  function current() {
    const chosen = layer();
    const filter = clamp(state.get("filter"), 0, chosen.n - 1);
    const image = Math.max(0, images.findIndex(({ name }) => name === state.get("image_name")));
    const peak = (i) => chosen.peaks.subarray(4 * (i * chosen.n + filter), 4 * (i * chosen.n + filter) + 4);
    let best = 0;
    let strongest = 0;
    images.forEach((_, i) => {
      if (peak(i)[0] > peak(best)[0]) best = i;
      strongest = Math.max(strongest, peak(i)[3]);
    });
    const size = chosen.h * chosen.w;
    const map = (f) => chosen.maps.subarray((image * chosen.n + f) * size, (image * chosen.n + f + 1) * size);
    made = { layer: chosen, filter, image, best, strongest, map, peak };
    view.root.explorer = made; // what tests and the curious can read
    return made;
  }

  // ---- colours of a byte
  const HEAT = Array.from({ length: 256 }, (_, level) => magnitude(level / 255));
  const BOTH = Array.from({ length: 256 }, (_, level) => signed((level - 128) / 127));

  // ---- the filters of the layer, small, a page of them
  const pages = () => Math.ceil(layer().n / PAGE);
  const page = () => Math.floor(state.get("filter") / PAGE);
  const setPage = (value) => state.set("filter", clamp(value, 0, pages() - 1) * PAGE);
  function pickFilter(row, column) {
    const { layer: { n, h: rows, w } } = current();
    const filter = page() * PAGE + Math.floor(row / (rows + 1)) * ACROSS + Math.floor(column / (w + 1));
    if (filter < n) state.set("filter", filter);
  }
  function key(name) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS }[name];
    if (by === undefined) return false;
    const next = state.get("filter") + by;
    if (next >= 0 && next < layer().n) state.set("filter", next);
    return true;
  }

  // ---- controls
  const controls = [
    chooser("layer", () => [...layers.values()].map(({ name, n, size }) => [name, `${name} (${size[0]}\u00d7${size[1]}\u00d7${n})`]), get("layer_name"), setLayer),
    chooser("filter", () => Array.from({ length: layer().n }, (_, i) => [i, String(i)]), get("filter"), set("filter")),
    chooser("picture", () => images.map(({ name }) => [name, name]), get("image_name"), set("image_name")),
  ];
  const turn = chooser("filters", () => Array.from({ length: pages() }, (_, i) => [i, `${i * PAGE} to ${Math.min((i + 1) * PAGE, layer().n) - 1}`]), page, setPage);

  const pictureMap = pixelMap("Picture");
  const answerMap = pixelMap("Map");
  const bestMap = pixelMap("Best picture");
  const likedMap = pixelMap("Preferred input");
  const mosaic = pixelMap("All filters", { pick: pickFilter, key });
  const scale = legend();
  const titles = Array.from({ length: 5 }, () => h("span", { class: "cx-title" }));
  const bestNote = h("div", { class: "cx-note" });
  const likedNote = h("div", { class: "cx-note" });
  const ask = button("", "Compute the preferred input", () => {
    const { layer: { name }, filter } = current();
    state.set("trouble", "");
    state.set("asked", `${name} ${filter}`);
  });
  const spoken = announcer();
  const panel = (title, ...content) => h("div", { class: "cx-panel" }, title, ...content);
  view.root.append(
    h("div", { class: "cx-row" }, ...controls.map(({ element }) => element)),
    h("div", { class: "cx-panels" },
      panel(titles[0], pictureMap.element),
      panel(titles[1], answerMap.element, scale.element),
      panel(titles[2], bestMap.element, bestNote),
      panel(titles[3], h("div", { class: "cx-liked" }, likedMap.element, ask), likedNote)),
    h("div", { class: "cx-mosaic" }, h("div", { class: "cx-row" }, titles[4], turn.element), mosaic.element),
    spoken,
  );

  function drawPicture(map, { h: rows, w, data }, boxes = []) {
    map.draw({ w, h: rows, boxes, colour: (i, j) => data.subarray(3 * (i * w + j), 3 * (i * w + j) + 3) });
  }

  function redraw() {
    const { layer: chosen, filter, image, best, strongest, map, peak } = current();
    for (const control of controls) control.update();
    turn.update();
    turn.element.hidden = pages() < 2;
    const { h: rows, w, size, n } = chosen;
    const colours = chosen.signed ? BOTH : HEAT;

    titles[0].textContent = images[image].name;
    drawPicture(pictureMap, images[image]);
    pictureMap.describe(`Picture: ${images[image].name}`);

    const shown = map(filter);
    titles[1].textContent = `filter ${filter}: map ${size[0]}\u00d7${size[1]}`;
    answerMap.draw({ w, h: rows, colour: (i, j) => colours[shown[i * w + j]] });
    const top = strongest || 1;
    scale.update({
      from: chosen.signed ? -top : 0, to: top, text: significant,
      colour: (v) => (chosen.signed ? signed(v / top) : magnitude(v / top)),
    });
    const largest = peak(image)[0];
    answerMap.describe(`Map of filter ${filter}, ${size[0]} by ${size[1]}, largest answer ${significant(largest)}`);

    const [value, row, column] = peak(best);
    const dead = strongest === 0;
    const liked = images[best];
    const side = Math.max(1, Math.max(liked.h, liked.w) / 8);
    titles[2].textContent = dead ? "silent on all pictures" : `strongest on: ${liked.name}`;
    const inside = (share, length) => clamp(share * length - side / 2, 0, length - side);
    const box = { row: inside(row, liked.h), column: inside(column, liked.w), h: side, w: side };
    drawPicture(bestMap, liked, dead ? [] : [box]);
    bestNote.textContent = dead ? "" : `${significant(value)} in the frame`;
    bestMap.describe(dead ? "This filter is silent on all pictures" : `${liked.name} has the largest answer, ${significant(value)}`);

    const known = cutPictures(state.get("_liked"), asBytes(state.get("_liked_pixels")))
      .find((one) => one.layer === chosen.name && one.filter === filter);
    titles[3].textContent = "preferred input";
    const asked = state.get("asked");
    ask.hidden = known !== undefined;
    ask.disabled = asked !== "";
    ask.textContent = asked === "" ? "compute it (some seconds)" : "the kernel is working \u2026";
    ask.title = "Needs a running kernel: an exported page shows those that were computed before";
    const paper = { h: 16, w: 16, data: new Uint8Array(3 * 256).fill(128) };
    drawPicture(likedMap, known ?? paper);
    likedMap.describe(known ? `Preferred input of filter ${filter}` : "Preferred input, not computed yet");
    likedNote.textContent = state.get("trouble");

    const first = page() * PAGE;
    const count = Math.min(PAGE, n - first);
    const across = Math.min(ACROSS, count);
    const down = Math.ceil(count / ACROSS);
    const at = filter - first;
    const all = Array.from({ length: count }, (_, i) => map(first + i));
    titles[4].textContent = `all ${n} filters of ${chosen.name} on this picture`;
    mosaic.draw({
      w: ACROSS * (w + 1) - 1, h: down * (rows + 1) - 1,
      colour: (i, j) => {
        const y = i % (rows + 1);
        const x = j % (w + 1);
        const one = all[Math.floor(i / (rows + 1)) * ACROSS + Math.floor(j / (w + 1))];
        return y === rows || x === w || !one ? BETWEEN : colours[one[y * w + x]];
      },
      boxes: [{ row: Math.floor(at / ACROSS) * (rows + 1), column: (at % ACROSS) * (w + 1), h: rows, w }],
    });
    mosaic.describe(`Maps of filters ${first} to ${first + count - 1}, ${across} in a row; filter ${filter} is chosen. Arrow keys choose another.`);
    spoken.textContent = `${chosen.name}, filter ${filter}, ${images[image].name}, largest answer ${significant(largest)}`;
  }

  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
