// What draws on DigitPad: mouse, pen, finger, and a cursor for the keys.

const ARROWS = {
  ArrowLeft: { by: [-1, 0], sign: "\u2190", word: "left" },
  ArrowUp: { by: [0, -1], sign: "\u2191", word: "up" },
  ArrowDown: { by: [0, 1], sign: "\u2193", word: "down" },
  ArrowRight: { by: [1, 0], sign: "\u2192", word: "right" },
};

/** A line under way, from a pointer or from the cursor, and what takes lines back. */
function makePen(state) {
  const round = (value) => Math.round(value * 100) / 100;
  const pen = { line: null, pointer: null, cursor: [14, 5], cursorSeen: false, cleared: null, talk: null };
  return Object.assign(pen, {
    begin(point) {
      pen.line = [point.map(round)];
      pen.cleared = null;
      pen.talk.change({ strokes: [...pen.talk.drawing().strokes, pen.line] });
    },
    extend(point) {
      const [x, y] = pen.line.at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) < 0.5) return; // closer points change nothing one sees
      pen.line.push(point.map(round));
      pen.talk.change({});
    },
    lift() {
      pen.line = null;
      pen.pointer = null;
      state.changed();
    },
    /** Move the cursor, and the pen where it is down. */
    move([right, down]) {
      pen.cursor = [clamp(pen.cursor[0] + right, 1, SIDE - 1), clamp(pen.cursor[1] + down, 1, SIDE - 1)];
      pen.cursorSeen = true;
      if (pen.line) pen.extend(pen.cursor);
      state.changed();
    },
    downOrUp() {
      if (pen.pointer !== null) return;
      pen.cursorSeen = true;
      if (pen.line) pen.lift();
      else pen.begin(pen.cursor);
    },
    undo() {
      pen.lift();
      const { strokes } = pen.talk.drawing();
      if (strokes.length) pen.talk.change({ strokes: strokes.slice(0, -1) });
      else if (pen.cleared) pen.talk.change(pen.cleared);
      pen.cleared = null;
    },
    clear() {
      pen.lift();
      const { strokes, show_example } = pen.talk.drawing();
      pen.cleared = { strokes, show_example }; // what "undo" brings back
      pen.talk.change({ strokes: [], show_example: false });
    },
  });
}

/** Mouse, pen and finger draw on the canvas. */
function listenToPointers(canvas, pen) {
  const pointAt = (event) => {
    const box = canvas.getBoundingClientRect(); // already scaled on a slide
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const lift = (event) => event.pointerId === pen.pointer && pen.lift();
  const pointers = {
    pointerdown(event) {
      if (pen.pointer !== null || event.button !== 0) return;
      pen.pointer = event.pointerId;
      canvas.setPointerCapture(pen.pointer);
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      pen.cursorSeen = false;
      pen.begin(pointAt(event));
    },
    pointermove(event) {
      if (event.pointerId !== pen.pointer) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) pen.extend(pointAt(one));
    },
    pointerup: lift,
    pointercancel: lift,
    lostpointercapture: lift,
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
}

/** Arrows move the cursor, space sets the pen down and lifts it. */
function listenToKeys(canvas, pen) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) pen.move(ARROWS[event.key].by);
    else if (event.key === " ") pen.downOrUp();
    else if (event.key === "Escape" && pen.line) pen.lift();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the slide must not turn
  });
}
