// TrainingExplorer: what the network looks at, what it makes of it, and what it misreads.

const PAGE = 16; // pictures that are shown at once

/** One picture of the validation set, on a canvas of 28x28. */
function paintPicture(canvas, { pixels, train }, index) {
  const painted = new ImageData(28, 28);
  const bytes = painted.data; // one by one: `set` takes three times as long
  const from = (train + index) * 784;
  for (let i = 0, p = 0; i < 784; i++, p += 4) (bytes[p] = bytes[p + 1] = bytes[p + 2] = pixels[from + i], bytes[p + 3] = 255);
  canvas.getContext("2d").putImageData(painted, 0, 0);
}

const smallPicture = () => h("canvas", { class: "te-picture", width: 28, height: 28, "aria-hidden": "true" });

/** The kernels, the chosen picture, its maps and the answer. */
function insidePanel(state, run, choose) {
  const nameOf = (kind) => run.data?.classes[kind] ?? String(kind);
  const kernels = h("canvas", { class: "te-tiles", role: "img" });
  const kernelTitle = h("span", { class: "cx-title" });
  const picture = smallPicture();
  const caption = h("span", { class: "te-caption" });
  const bars = chanceBars(nameOf, "\u2026");
  const maps = h("canvas", { class: "te-tiles", role: "img" });
  const mapTitle = h("span", { class: "cx-title" });
  const move = (by) => run.data && choose((state.get("picture") + by + run.data.validation) % run.data.validation);
  const buttons = h("div", { class: "cx-control", role: "group", "aria-label": "picture" },
    button("\u2039", "picture: previous", () => move(-1)), caption, button("\u203a", "picture: next", () => move(1)));
  return {
    elements: [kernelTitle, kernels, h("div", { class: "te-look" }, h("div", {}, picture, buttons), h("div", { class: "te-bars" }, ...bars.elements)), mapTitle, maps],
    update() {
      const { now, layers, data } = run;
      const first = layers.find((layer) => layer.learns);
      const conv = first.kind === "Conv2D";
      const shape = conv ? [...first.size, first.filters] : [28, 28, first.units];
      kernelTitle.textContent = conv ? `kernels of ${first.name}` : `weights of ${first.name}: one picture for each unit`;
      paintTiles(kernels, now.kernels, shape, { across: 16, limit: largestOf(now.kernels) });
      kernels.style.maxWidth = `${Math.min(16, shape[2]) * (conv ? 40 : 46)}px`;
      kernels.setAttribute("aria-label", `${shape[2]} pictures of weights; orange: above zero, blue: below`);
      const index = state.get("picture");
      if (data) paintPicture(picture, data, index);
      caption.textContent = data ? `${index + 1}: label ${nameOf(data.labels[data.train + index])}` : "";
      const look = now.look?.index === index ? now.look : null;
      const best = look ? look.probabilities.indexOf(Math.max(...look.probabilities)) : null;
      bars.update({ probabilities: look?.probabilities ?? [], best: best < 0 ? null : best, empty: true, late: false });
      maps.hidden = mapTitle.hidden = !conv;
      if (!conv) return;
      mapTitle.textContent = first.filters > 16 ? `first 16 of the ${first.filters} maps of ${first.name}` : `maps of ${first.name}`;
      paintMaps(maps, look?.maps, first.output);
      maps.style.maxWidth = `${50 * Math.min(8, first.filters)}px`;
      maps.setAttribute("aria-label", `What the kernels make of picture ${index + 1}`);
    },
  };
}

const largestOf = (values) => values?.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** The first 16 maps, on one scale. */
function paintMaps(canvas, values, [rows, columns, all]) {
  const count = Math.min(all, 16);
  const shown = values && (count === all ? values : values.filter((_, at) => at % all < count));
  paintTiles(canvas, shown ?? null, [rows, columns, count], { limit: largestOf(shown) });
}

/** How often each kind is taken for each: rows say what it is, columns what is answered. */
function confusionOf({ answers, data }) {
  const table = Array.from({ length: 10 }, () => new Array(10).fill(0));
  answers.forEach((answer, i) => (table[data.labels[data.train + i]][answer] += 1));
  return table;
}

/** The table of answers, and the pictures behind a cell of it. */
function errorPanel(state, run, choose) {
  let cell = null, page = 0; // null: all that are misread
  const nameOf = (kind) => run.data?.classes[kind] ?? String(kind);
  const pick = (row, column) => ((cell = [clamp(row, 0, 9), clamp(column, 0, 9)]), (page = 0), state.changed());
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const map = pixelMap("which digit is taken for which", {
    pick,
    key(key) {
      if (!(key in steps)) return false;
      pick(...(cell ? cell.map((at, i) => at + steps[key][i]) : [0, 0]));
      return true;
    },
  });
  map.element.classList.add("te-confusion");
  const side = h("div", { class: "te-side", "aria-hidden": "true" }, ...Array.from({ length: 10 }, (_, i) => h("span", {}, String(i))));
  const words = h("div", { class: "te-which", role: "status" });
  const back = button("all misread", "Show all pictures that are misread", () => ((cell = null), (page = 0), state.changed()));
  const before = button("\u2039", "earlier pictures", () => ((page -= 1), state.changed()));
  const after = button("\u203a", "further pictures", () => ((page += 1), state.changed()));
  const thumbs = Array.from({ length: PAGE }, () => {
    const picture = smallPicture();
    const element = h("button", { type: "button", class: "te-thumb", onclick: () => choose(Number(element.dataset.index)) }, picture);
    return { element, picture };
  });

  function found() {
    const { answers, data } = run;
    const label = (i) => data.labels[data.train + i];
    const all = [...answers.keys()];
    if (cell) return all.filter((i) => label(i) === cell[0] && answers[i] === cell[1]);
    return all.filter((i) => label(i) !== answers[i]).sort((a, b) => run.sure[b] - run.sure[a]);
  }
  function showPictures() {
    const indices = found();
    page = clamp(page, 0, Math.max(0, Math.ceil(indices.length / PAGE) - 1));
    thumbs.forEach(({ element, picture }, i) => {
      const index = indices[page * PAGE + i];
      element.hidden = index === undefined;
      if (index === undefined) return;
      element.dataset.index = index;
      const says = `${nameOf(run.data.labels[run.data.train + index])}, taken for ${nameOf(run.answers[index])}`;
      element.setAttribute("aria-label", `picture ${index + 1}: ${says}`);
      element.title = `${says}, ${Math.round(100 * run.sure[index])} % sure; look into it`;
      element.setAttribute("aria-pressed", String(index === state.get("picture")));
      paintPicture(picture, run.data, index);
    });
    before.disabled = page === 0;
    after.disabled = (page + 1) * PAGE >= indices.length;
    const many = indices.length.toLocaleString("en");
    const text = cell ? `${nameOf(cell[0])} taken for ${nameOf(cell[1])}: ${many}` : `misread: ${many} of ${run.answers.length.toLocaleString("en")}`;
    if (words.textContent !== text) words.textContent = text;
  }
  return {
    elements: [h("span", { class: "cx-title" }, "rows: what it is; columns: what it is taken for"), h("div", { class: "te-table" }, side, map.element), h("div", { class: "te-row" }, words, back, before, after), h("div", { class: "te-thumbs" }, ...thumbs.map((one) => one.element))],
    update() {
      const table = run.answers && run.data ? confusionOf(run) : null;
      const boxes = cell ? [{ row: cell[0], column: cell[1], w: 1, h: 1, colour: "#e69f00" }] : [];
      const rows = table?.map((row) => Math.max(1, row.reduce((sum, count) => sum + count, 0)));
      const colour = (i, j) => (table ? signed(i === j ? -0.75 * (table[i][i] / rows[i]) : table[i][j] ? 0.15 + Math.min(0.85, (6 * table[i][j]) / rows[i]) : 0) : [200, 200, 200]);
      map.draw({ w: 10, h: 10, colour, text: (i, j) => (table?.[i][j] ? String(table[i][j]) : ""), boxes });
      map.describe(cell && table ? `${nameOf(cell[0])} taken for ${nameOf(cell[1])}: ${table[cell[0]][cell[1]]}. Arrow keys choose another cell.` : "Rows: what it is; columns: what is answered. Arrow keys choose a cell.");
      back.disabled = cell === null;
      if (table) showPictures();
      else thumbs.forEach(({ element }) => (element.hidden = true));
    },
    /** Which cell of the table, and which of its pages. */
    chosen: () => `${cell}, ${page}`,
    /** Another data set has other classes. */
    relabel: () => side.replaceChildren(...Array.from({ length: 10 }, (_, i) => h("span", {}, nameOf(i) === String(i) ? String(i) : `${nameOf(i)} ${i}`))),
  };
}
