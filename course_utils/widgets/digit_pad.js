// DigitPad: draw a digit; the kernel's network answers while the pen moves.

const SIDE = 28; // the same numbers as in digit_pad.py
const BOX = 20;
const FINE = 5;
const PEN = 1.2;
const INK = SIDE * FINE;

// ---------------------------------------------------------------- arithmetic, as in Python

/** Lines drawn with a round pen, over a digit (28x28) or null: 140x140, 0 paper, 1 ink. */
function drawInk(strokes, example) {
  const ink = new Float64Array(INK * INK);
  if (example) ink.forEach((_, at) => (ink[at] = example[Math.floor(at / INK / FINE) * SIDE + Math.floor((at % INK) / FINE)]));
  const reach = FINE * PEN + 0.5;
  const reached = (start, end) => [
    clamp(Math.floor(Math.min(start, end) - reach), 0, INK),
    clamp(Math.ceil(Math.max(start, end) + reach), 0, INK),
  ];
  for (const line of strokes) {
    line.forEach((point, i) => {
      const [x0, y0] = line[Math.max(0, i - 1)].map((v) => FINE * v);
      const [x1, y1] = point.map((v) => FINE * v);
      const [left, right] = reached(x0, x1);
      const [top, bottom] = reached(y0, y1);
      const [dx, dy] = [x1 - x0, y1 - y0];
      const length = dx * dx + dy * dy;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const x = column + 0.5 - x0;
          const y = row + 0.5 - y0;
          const along = length ? clamp((x * dx + y * dy) / length, 0, 1) : 0;
          const awayX = x - along * dx;
          const awayY = y - along * dy;
          const value = clamp(reach - Math.sqrt(awayX * awayX + awayY * awayY), 0, 1);
          if (value > ink[row * INK + column]) ink[row * INK + column] = value;
        }
      }
    });
  }
  return ink;
}

/** Each pixel the average of its 25. */
function asDrawn(ink) {
  const picture = new Float64Array(SIDE * SIDE);
  ink.forEach((value, at) => {
    picture[Math.floor(at / INK / FINE) * SIDE + Math.floor((at % INK) / FINE)] += value / (FINE * FINE);
  });
  return { picture, box: null };
}

/** For each new pixel [old pixel, share of it in the average] of those it covers. */
function averages(old, size) {
  return Array.from({ length: size }, (_, i) => {
    const begin = (i * old) / size;
    const end = ((i + 1) * old) / size;
    const shares = [];
    for (let at = Math.floor(begin); at < Math.min(old, Math.ceil(end)); at++) {
      shares.push([at, ((Math.min(end, at + 1) - Math.max(begin, at)) * size) / old]);
    }
    return shares;
  });
}

/** Where to begin so that the centre of mass lies in 14..15, as in MNIST's own digits. */
function offset(mass) {
  let sum = 0;
  let moment = 0;
  mass.forEach((value, at) => ((sum += value), (moment += value * (at + 0.5))));
  return clamp(Math.ceil(SIDE / 2 - moment / sum - 1e-6), 0, SIDE - mass.length);
}

/** Scaled into 20x20 without a change of shape, centre of mass to the middle of 28x28. */
function centre(ink) {
  const picture = new Float64Array(SIDE * SIDE);
  let [top, bottom, left, right] = [INK, -1, INK, -1];
  ink.forEach((value, at) => {
    if (value <= 0) return;
    const row = Math.floor(at / INK);
    top = Math.min(top, row);
    bottom = row;
    left = Math.min(left, at % INK);
    right = Math.max(right, at % INK);
  });
  if (bottom < 0) return { picture, box: null };
  const sides = [bottom - top + 1, right - left + 1];
  const longer = Math.max(...sides);
  const [rows, columns] = sides.map((side) => Math.max(1, Math.floor((2 * BOX * side + longer) / (2 * longer))));
  const small = [];
  const across = averages(sides[1], columns);
  for (const down of averages(sides[0], rows)) {
    for (const shares of across) {
      let sum = 0;
      for (const [y, a] of down) for (const [x, b] of shares) sum += a * b * ink[(top + y) * INK + left + x];
      small.push(sum);
    }
  }
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  small.forEach((value, at) => ((byRow[Math.floor(at / columns)] += value), (byColumn[at % columns] += value)));
  const row = offset(byRow);
  const column = offset(byColumn);
  small.forEach((value, at) => (picture[(row + Math.floor(at / columns)) * SIDE + column + (at % columns)] = value));
  return { picture, box: { row, column, h: rows, w: columns } };
}

// ---------------------------------------------------------------- the widget

function render({ model, el }) {
  const view = frame(el, "digit-pad", "Digit pad", () => state.changed());
  const state = makeState(model, () => redraw()); // draws once a frame
  const bytes = model.get("_example");
  const example = bytes?.byteLength ? asFloats(bytes) : null;
  const NAMES = ["strokes", "centred", "show_example"];
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  // An exported page has no manager of widgets behind its model, and nobody to ask. It
  // holds the answer for the drawing it was exported with.
  const alone = () => !model.widget_manager;
  const exported = JSON.stringify(read());

  // ---- what is drawn; the kernel hears of it as soon as it has answered what came before
  let drawing = read();
  let unsaid = false; // the kernel does not know this drawing yet
  let last = -Infinity; // when it was asked
  let timer = null;
  const busy = () => model.get("asked") !== model.get("answered");

  function change(news) {
    drawing = { ...drawing, ...news };
    unsaid = true;
    ask();
    state.changed();
  }
  function ask() {
    if (!unsaid || alone() || timer !== null || busy()) return;
    const wait = last + 100 - performance.now();
    if (wait > 0) {
      timer = setTimeout(() => ((timer = null), ask()), wait);
      return;
    }
    unsaid = false;
    last = performance.now();
    const known = { ...drawing, strokes: drawing.strokes.map((line) => [...line]) };
    for (const [name, value] of Object.entries(known)) model.set(name, value);
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
    setTimeout(state.changed, 1600); // to say that the kernel is late, if it is
  }
  function heard() {
    // Set from Python, or drawn in another view of this pad.
    if (alone() || (!unsaid && !line)) drawing = read();
    ask();
  }
  for (const name of [...NAMES, "answered"]) model.on(`change:${name}`, heard);

  // ---- pen: a line under way, from a pointer or from the cursor
  let line = null;
  let pointer = null;
  let cursor = [14, 5];
  let cursorSeen = false;
  let cleared = null; // what "undo" brings back

  const round = (value) => Math.round(value * 100) / 100;
  function begin(point) {
    line = [point.map(round)];
    cleared = null;
    change({ strokes: [...drawing.strokes, line] });
  }
  function extend(point) {
    const [x, y] = line.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < 0.5) return; // closer points change nothing one sees
    line.push(point.map(round));
    change({});
  }
  function lift() {
    line = null;
    pointer = null;
    state.changed();
  }

  const canvas = h("canvas", {
    class: "cx-map cx-pad", role: "application", "aria-roledescription": "drawing pad", tabIndex: 0,
  });
  const context = canvas.getContext("2d");
  const pointAt = (event) => {
    const box = canvas.getBoundingClientRect(); // already scaled on a slide
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const pointers = {
    pointerdown(event) {
      if (pointer !== null || event.button !== 0) return;
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      cursorSeen = false;
      begin(pointAt(event));
    },
    pointermove(event) {
      if (event.pointerId !== pointer) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) extend(pointAt(one));
    },
    pointerup: (event) => event.pointerId === pointer && lift(),
    pointercancel: (event) => event.pointerId === pointer && lift(),
    lostpointercapture: (event) => event.pointerId === pointer && lift(),
  };
  for (const [name, listener] of Object.entries(pointers)) {
    canvas.addEventListener(name, (event) => {
      event.stopPropagation(); // a slide would take a finger's stroke for a swipe
      listener(event);
    });
  }
  for (const name of ["touchstart", "touchmove", "touchend"]) {
    canvas.addEventListener(name, (event) => event.stopPropagation(), { passive: true });
  }

  // ---- cursor: arrows move it, space sets the pen down and lifts it
  const ARROWS = { ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowRight: [1, 0] };
  function move([right, down]) {
    cursor = [clamp(cursor[0] + right, 1, SIDE - 1), clamp(cursor[1] + down, 1, SIDE - 1)];
    cursorSeen = true;
    if (line) extend(cursor);
    state.changed();
  }
  function penDownOrUp() {
    if (pointer !== null) return;
    cursorSeen = true;
    if (line) lift();
    else begin(cursor);
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) move(ARROWS[event.key]);
    else if (event.key === " ") penDownOrUp();
    else if (event.key === "Escape" && line) lift();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the slide must not turn
  });

  // ---- controls
  const undo = button("\u21b6 Undo", "Take back the last line", () => {
    lift();
    if (drawing.strokes.length) change({ strokes: drawing.strokes.slice(0, -1) });
    else if (cleared) change(cleared);
    cleared = null;
  });
  const clear = button("Clear", "Clear the pad", () => {
    lift();
    cleared = { strokes: drawing.strokes, show_example: drawing.show_example };
    change({ strokes: [], show_example: false });
  });
  const choice = (text, label, value) => button(text, label, () => change({ centred: value }));
  const centred = choice("as MNIST does it", "Scale and centre the drawing as MNIST does it", true);
  const plain = choice("as drawn", "Leave the drawing where and as large as it is", false);
  const pen = button("Pen down", "Set the pen down at the cursor, or lift it (space)", penDownOrUp);
  const WORDS = { ArrowLeft: ["\u2190", "left"], ArrowUp: ["\u2191", "up"], ArrowDown: ["\u2193", "down"], ArrowRight: ["\u2192", "right"] };
  const arrows = Object.entries(WORDS).map(([key, [sign, word]]) => button(sign, `Cursor ${word}`, () => move(ARROWS[key])));

  // ---- panels
  const seen = pixelMap("What the network sees");
  const seenNote = h("div", { class: "cx-note" });
  const says = h("div", { class: "cx-says" });
  const chances = Array.from({ length: 10 }, (_, digit) => {
    const fill = h("i");
    const text = h("span");
    const element = h("div", { class: "cx-chance", "aria-hidden": "true" }, h("span", {}, String(digit)), h("div", { class: "cx-bar" }, fill), text);
    return { element, fill, text };
  });
  const bars = h("div", { role: "img" }, ...chances.map((one) => one.element));
  const sheet = h("canvas", { class: "cx-map cx-sheet", role: "img" });
  const sheetTitle = h("span", { class: "cx-title" });
  const sheetNote = h("div", { class: "cx-note" });
  const note = h("div", { class: "cx-note cx-advice" });
  const spoken = announcer();
  const panel = (name, title, ...children) =>
    h("div", { class: `cx-panel ${name}` }, typeof title === "string" ? h("span", { class: "cx-title" }, title) : title, ...children);
  view.root.append(
    h("div", { class: "cx-row" }, labelled("drawing", undo, clear), labelled("network gets it", centred, plain), labelled("without a mouse", pen, ...arrows)),
    h("div", { class: "cx-pads" },
      panel("cx-drawing", "draw a digit", canvas, note),
      panel("cx-seen", "what the network sees", seen.element, seenNote),
      panel("cx-chances", "probabilities", says, bars),
      panel("cx-sheets", sheetTitle, sheet, sheetNote)),
    spoken);

  function drawPad() {
    const size = Math.round((canvas.clientWidth || 300) * (window.devicePixelRatio || 1) * 2); // sharp when a slide is scaled up
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const unit = size / SIDE;
    context.fillStyle = "#000";
    context.fillRect(0, 0, size, size);
    if (example && drawing.show_example) {
      example.forEach((value, at) => {
        if (!value) return;
        context.fillStyle = css(gray(value));
        context.fillRect((at % SIDE) * unit, Math.floor(at / SIDE) * unit, unit + 1, unit + 1);
      });
    }
    context.lineWidth = 2 * PEN * unit;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    for (const points of drawing.strokes) {
      context.beginPath();
      context.moveTo(points[0][0] * unit, points[0][1] * unit);
      for (const [x, y] of points) context.lineTo(x * unit, y * unit);
      context.stroke();
    }
    if (!cursorSeen) return;
    for (const [width, colour] of [[6, "#000"], [3, "#e69f00"]]) {
      context.lineWidth = (width * unit) / 10;
      context.strokeStyle = colour;
      context.beginPath();
      context.arc(cursor[0] * unit, cursor[1] * unit, PEN * unit, 0, 7);
      context.stroke();
    }
  }

  /** All maps in one picture, eight in a row, on one scale. */
  function drawMaps(fresh) {
    const view = model.get("_maps");
    const [rows, columns, count] = model.get("_maps_shape");
    const has = fresh && view?.byteLength;
    sheet.hidden = !rows;
    if (!rows) return;
    const across = Math.min(count, 8);
    const width = across * (columns + 2);
    const height = Math.ceil(count / 8) * (rows + 2);
    if (sheet.width !== width || sheet.height !== height) [sheet.width, sheet.height] = [width, height];
    const painted = new ImageData(width, height);
    const values = has ? new Int8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength) : null;
    const negative = has && values.some((value) => value < 0);
    for (let at = 0; at < rows * columns * count; at++) {
      const map = at % count;
      const row = Math.floor(at / count / columns) + Math.floor(map / 8) * (rows + 2) + 1;
      const column = (Math.floor(at / count) % columns) + (map % 8) * (columns + 2) + 1;
      const value = has ? values[at] / 127 : 0;
      const rgb = has ? (negative ? signed(value) : magnitude(value)) : [128, 128, 128];
      painted.data.set([...rgb, has ? 255 : 50], 4 * (row * width + column));
    }
    sheet.getContext("2d").putImageData(painted, 0, 0);
    sheetNote.textContent = !has ? "" : negative
      ? "Orange: above zero, blue: below. All maps share one scale."
      : "Dark: zero, yellow: strong. All maps share one scale.";
  }

  let said = "";
  function redraw() {
    drawPad();
    const ink = drawInk(drawing.strokes, drawing.show_example ? example : null);
    const { picture, box } = (drawing.centred ? centre : asDrawn)(ink);
    view.root.explorer = { ink, picture, drawing }; // what tests and the curious can read
    const empty = !picture.some((value) => value >= 0.5 / 255);
    seen.draw({ w: SIDE, h: SIDE, colour: (y, x) => gray(picture[y * SIDE + x]), boxes: box ? [box] : [] });
    seen.describe(drawing.centred ? "The drawing, scaled and centred, in 28 by 28 pixels" : "The drawing in 28 by 28 pixels, where it was drawn");
    seenNote.textContent = drawing.centred
      ? "28\u00d728: the ink scaled to 20 pixels, its centre of mass in the middle."
      : "28\u00d728: the ink where it was drawn, as large as it was drawn.";
    canvas.setAttribute("aria-label", `${empty ? "Empty" : "A drawing"}; pen ${line ? "down" : "up"}, cursor at ${cursor.join(", ")}. Arrow keys move the cursor, space sets the pen down and lifts it.`);

    // The answer follows the pen; it is shown pale where it has not come for long.
    const nobody = alone() && JSON.stringify(drawing) !== exported;
    const waiting = alone() ? nobody : unsaid || busy();
    const late = waiting && (nobody || performance.now() - last > 1500);
    const trouble = model.get("_trouble");
    const probabilities = empty || nobody || trouble ? [] : model.get("probabilities");
    const best = probabilities.length ? probabilities.indexOf(Math.max(...probabilities)) : null;
    bars.classList.toggle("cx-old", late);
    sheet.classList.toggle("cx-old", late);
    chances.forEach(({ element, fill, text }, digit) => {
      const value = probabilities[digit] ?? 0;
      element.classList.toggle("cx-best", digit === best);
      fill.style.width = `${100 * value}%`;
      text.textContent = best === null ? "" : `${Math.round(100 * value)} %`;
    });
    const answer = best === null ? "" : `${best}, ${Math.round(100 * probabilities[best])} %`;
    if (best === null) says.replaceChildren(empty ? "draw a digit" : "\u2013");
    else says.replaceChildren("it says ", h("b", {}, String(best)));
    bars.setAttribute("aria-label", best === null ? "No answer" : `The network says ${probabilities.map((p, digit) => `${digit}: ${Math.round(100 * p)} %`).join(", ")}`);
    const conv = model.get("_conv_name");
    const [, , count, all] = model.get("_maps_shape");
    sheetTitle.textContent = !conv ? "no maps: this network has no convolution" : count < all ? `first ${count} of the ${all} maps of ${conv}` : `maps of ${conv}`;
    sheet.setAttribute("aria-label", `Maps of the first convolution for this drawing`);
    drawMaps(best !== null);

    undo.disabled = !drawing.strokes.length && !cleared;
    clear.disabled = !drawing.strokes.length && !(example && drawing.show_example);
    centred.setAttribute("aria-pressed", String(drawing.centred));
    plain.setAttribute("aria-pressed", String(!drawing.centred));
    pen.setAttribute("aria-pressed", String(Boolean(line)));
    pen.textContent = line ? "Pen up" : "Pen down";

    let words = "";
    if (empty) words = "Draw a digit with mouse, pen or finger; or with the arrow keys and the space bar.";
    else if (trouble) words = `No answer: ${trouble}`;
    else if (nobody) words = "The network's answer needs a running notebook. Drawing, scaling and centring work here, too.";
    else if (late) words = "Waiting for the kernel: it is busy, or it was restarted (then run this cell again).";
    else if (example && drawing.show_example && !drawing.strokes.length) words = "An example. Clear it and draw your own, or draw over it.";
    note.textContent = words;
    const aloud = empty || trouble || late ? words : waiting || line ? said : `The network says ${answer}`;
    if (aloud !== said) spoken.textContent = said = aloud;
  }

  redraw();
  return () => {
    state.stop();
    view.stop();
    clearTimeout(timer);
    for (const name of [...NAMES, "answered"]) model.off(`change:${name}`, heard);
  };
}

export default { render };
