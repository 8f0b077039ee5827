// DigitPad: draw a digit; the kernel's network answers while the pen moves.

const TRAITS = ["strokes", "centred", "show_example"]; // what a drawing is

/**
 * The drawing, and the talk with the kernel about it: the kernel hears of a change as soon as
 * it has answered what came before. drawing() is what is shown now.
 */
function makeTalk(model, state, underway) {
  const read = () => Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  // An exported page has no manager of widgets behind its model, and nobody to ask. It
  // holds the answer for the drawing it was exported with.
  const alone = () => !model.widget_manager;
  const exported = JSON.stringify(read());
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
    if (alone() || (!unsaid && !underway())) drawing = read();
    ask();
  }
  for (const name of [...TRAITS, "answered"]) model.on(`change:${name}`, heard);

  return {
    drawing: () => drawing,
    change,
    /** Whether nobody can answer, an answer is on its way, and for too long. */
    status() {
      const nobody = alone() && JSON.stringify(drawing) !== exported;
      const waiting = alone() ? nobody : unsaid || busy();
      return { nobody, waiting, late: waiting && (nobody || performance.now() - last > 1500) };
    },
    stop() {
      clearTimeout(timer);
      for (const name of [...TRAITS, "answered"]) model.off(`change:${name}`, heard);
    },
  };
}

/** The pad: what is drawn, and the cursor once a key has moved it. */
function drawingPad(pen, example) {
  const canvas = h("canvas", {
    class: "cx-map cx-pad", role: "application", "aria-roledescription": "drawing pad", tabIndex: 0,
  });
  const context = canvas.getContext("2d");
  listenToPointers(canvas, pen);
  listenToKeys(canvas, pen);

  function drawExample(unit) {
    example.forEach((value, at) => {
      if (!value) return;
      context.fillStyle = css(gray(value));
      context.fillRect((at % SIDE) * unit, Math.floor(at / SIDE) * unit, unit + 1, unit + 1);
    });
  }
  function drawStrokes(strokes, unit) {
    context.lineWidth = 2 * PEN * unit;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    for (const points of strokes) {
      context.beginPath();
      context.moveTo(points[0][0] * unit, points[0][1] * unit);
      for (const [x, y] of points) context.lineTo(x * unit, y * unit);
      context.stroke();
    }
  }
  function drawCursor(unit) {
    for (const [width, colour] of [[6, "#000"], [3, "#e69f00"]]) {
      context.lineWidth = (width * unit) / 10;
      context.strokeStyle = colour;
      context.beginPath();
      context.arc(pen.cursor[0] * unit, pen.cursor[1] * unit, PEN * unit, 0, 7);
      context.stroke();
    }
  }
  return {
    element: canvas,
    update(drawing, empty) {
      const size = Math.round((canvas.clientWidth || 300) * (window.devicePixelRatio || 1) * 2); // sharp when a slide is scaled up
      if (canvas.width !== size) canvas.width = canvas.height = size;
      context.fillStyle = "#000";
      context.fillRect(0, 0, size, size);
      if (example && drawing.show_example) drawExample(size / SIDE);
      drawStrokes(drawing.strokes, size / SIDE);
      if (pen.cursorSeen) drawCursor(size / SIDE);
      canvas.setAttribute("aria-label", `${empty ? "Empty" : "A drawing"}; pen ${pen.line ? "down" : "up"}, cursor at ${pen.cursor.join(", ")}. Arrow keys move the cursor, space sets the pen down and lifts it.`);
    },
  };
}

/** The buttons above the pad; update() enables and presses them. */
function makeButtons(pen, talk, example) {
  const choice = (text, label, value) => button(text, label, () => talk.change({ centred: value }));
  const undo = button("\u21b6 Undo", "Take back the last line", pen.undo);
  const clear = button("Clear", "Clear the pad", pen.clear);
  const centred = choice("as MNIST does it", "Scale and centre the drawing as MNIST does it", true);
  const plain = choice("as drawn", "Leave the drawing where and as large as it is", false);
  const down = button("Pen down", "Set the pen down at the cursor, or lift it (space)", pen.downOrUp);
  const arrows = Object.values(ARROWS).map(({ by, sign, word }) => button(sign, `Cursor ${word}`, () => pen.move(by)));
  return {
    element: h("div", { class: "cx-row" }, labelled("drawing", undo, clear), labelled("network gets it", centred, plain), labelled("without a mouse", down, ...arrows)),
    update(drawing) {
      undo.disabled = !drawing.strokes.length && !pen.cleared;
      clear.disabled = !drawing.strokes.length && !(example && drawing.show_example);
      centred.setAttribute("aria-pressed", String(drawing.centred));
      plain.setAttribute("aria-pressed", String(!drawing.centred));
      down.setAttribute("aria-pressed", String(Boolean(pen.line)));
      down.textContent = pen.line ? "Pen up" : "Pen down";
    },
  };
}

/** The 28x28 pixels that the network gets. */
function seenPicture() {
  const map = pixelMap("What the network sees");
  const note = h("div", { class: "cx-note" });
  return {
    elements: [map.element, note],
    update(picture, box, centred) {
      map.draw({ w: SIDE, h: SIDE, colour: (y, x) => gray(picture[y * SIDE + x]), boxes: box ? [box] : [] });
      map.describe(centred ? "The drawing, scaled and centred, in 28 by 28 pixels" : "The drawing in 28 by 28 pixels, where it was drawn");
      note.textContent = centred
        ? "28\u00d728: the ink scaled to 20 pixels, its centre of mass in the middle."
        : "28\u00d728: the ink where it was drawn, as large as it was drawn.";
    },
  };
}

/** The maps of the first convolution. */
function mapSheet(model) {
  const title = h("span", { class: "cx-title" });
  const canvas = h("canvas", { class: "cx-map cx-sheet", role: "img" });
  const note = h("div", { class: "cx-note" });
  return {
    title,
    elements: [canvas, note],
    update(answered, late, own) {
      const conv = model.get("_conv_name");
      const shape = own?.shape ?? model.get("_maps_shape");
      const [rows, , count, all] = shape;
      canvas.classList.toggle("cx-old", late);
      title.textContent = !conv ? "no maps: this network has no convolution" : count < all ? `first ${count} of the ${all} maps of ${conv}` : `maps of ${conv}`;
      canvas.setAttribute("aria-label", "Maps of the first convolution for this drawing");
      canvas.hidden = !rows;
      if (!rows) return;
      const view = model.get("_maps");
      const known = own ? own.values : view?.byteLength ? new Int8Array(asBytes(view)) : null;
      const values = answered ? known : null;
      paintTiles(canvas, values, shape);
      note.textContent = !values ? "" : values.some((value) => value < 0)
        ? "Orange: above zero, blue: below. All maps share one scale."
        : "Dark: zero, yellow: strong. All maps share one scale.";
    },
  };
}

/** The line under the pad: what to do, or why there is no answer. */
function advice({ empty, trouble, nobody, late }, onlyExample) {
  if (empty) return "Draw a digit with mouse, pen or finger; or with the arrow keys and the space bar.";
  if (trouble) return `No answer: ${trouble}`;
  if (nobody) return "The network's answer needs a running notebook. Drawing, scaling and centring work here, too.";
  if (late) return "Waiting for the kernel: it is busy, or it was restarted (then run this cell again).";
  return onlyExample ? "An example. Clear it and draw your own, or draw over it." : "";
}

function render({ model, el }) {
  const view = frame(el, "digit-pad", "Digit pad", () => state.changed());
  const state = makeState(model, () => redraw()); // draws once a frame
  const bytes = model.get("_example");
  const example = bytes?.byteLength ? asFloats(bytes) : null;
  const pen = makePen(state);
  const talk = (pen.talk = makeTalk(model, state, () => pen.line));
  const askOwn = makeOwnNetwork(model);

  const buttons = makeButtons(pen, talk, example);
  const pad = drawingPad(pen, example);
  const seen = seenPicture();
  const bars = chanceBars();
  const sheet = mapSheet(model);
  const note = h("div", { class: "cx-note cx-advice" });
  const spoken = announcer();
  const panel = (name, title, ...children) =>
    h("div", { class: `cx-panel ${name}` }, typeof title === "string" ? h("span", { class: "cx-title" }, title) : title, ...children);
  view.root.append(
    buttons.element,
    h("div", { class: "cx-pads" },
      panel("cx-drawing", "draw a digit", pad.element, note),
      panel("cx-seen", "what the network sees", ...seen.elements),
      panel("cx-chances", "probabilities", ...bars.elements),
      panel("cx-sheets", sheet.title, ...sheet.elements)),
    spoken);

  /** The page's own answer, or the kernel's, which follows the pen: pale where it is late. */
  function answerTo(picture) {
    const empty = !picture.some((value) => value >= 0.5 / 255);
    const own = askOwn(picture);
    const status = own ? { nobody: false, waiting: false, late: false } : talk.status();
    const trouble = own ? "" : model.get("_trouble");
    const kernels = empty || status.nobody || trouble ? [] : model.get("probabilities");
    const probabilities = own && !empty ? own.probabilities : kernels;
    const best = probabilities.length ? probabilities.indexOf(Math.max(...probabilities)) : null;
    const words = best === null ? "" : `${best}, ${Math.round(100 * probabilities[best])} %`;
    return { ...status, own: empty ? null : own, empty, trouble, probabilities, best, words };
  }

  let said = "";
  function redraw() {
    const drawing = talk.drawing();
    const ink = drawInk(drawing.strokes, drawing.show_example ? example : null);
    const { picture, box } = (drawing.centred ? centre : asDrawn)(ink);
    const answer = answerTo(picture);
    view.root.explorer = { ink, picture, drawing, answer }; // what tests and the curious can read
    pad.update(drawing, answer.empty);
    seen.update(picture, box, drawing.centred);
    bars.update(answer);
    sheet.update(answer.best !== null, answer.late, answer.own);
    buttons.update(drawing);

    note.textContent = advice(answer, example && drawing.show_example && !drawing.strokes.length);
    const pending = answer.waiting || pen.line;
    const aloud = answer.empty || answer.trouble || answer.late
      ? note.textContent
      : pending ? said : `The network says ${answer.words}`;
    if (aloud !== said) spoken.textContent = said = aloud;
  }

  redraw();
  return () => {
    state.stop();
    view.stop();
    talk.stop();
  };
}

export default { render };
