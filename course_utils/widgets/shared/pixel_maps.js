// Arrays as squares, and the bar that explains their colours.

/** A pixel for each square; returns the squares that are empty. */
function paintSquares(buffer, w, rows, colour) {
  buffer.width = w;
  buffer.height = rows;
  const painted = new ImageData(w, rows);
  const bytes = painted.data; // one by one: `set` takes three times as long
  const empty = [];
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < w; j++, p += 4) {
      const rgb = colour(i, j);
      if (rgb === null) empty.push([i, j]);
      else {
        bytes[p] = rgb[0];
        bytes[p + 1] = rgb[1];
        bytes[p + 2] = rgb[2];
        bytes[p + 3] = 255;
      }
    }
  }
  buffer.getContext("2d").putImageData(painted, 0, 0);
  return empty;
}

/** A stroke across each empty square. */
function hatch(context, empty, cell, ratio) {
  context.strokeStyle = "rgba(128, 128, 128, 0.55)";
  context.lineWidth = ratio / 2;
  context.beginPath();
  for (const [i, j] of empty) {
    context.moveTo(j * cell, (i + 1) * cell);
    context.lineTo((j + 1) * cell, i * cell);
  }
  context.stroke();
}

function writeNumbers(context, { w, rows, colour, text }, cell) {
  context.font = `${Math.round(cell * 0.32)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < w; j++) {
      const rgb = colour(i, j);
      if (rgb === null) continue;
      context.fillStyle = ink(rgb);
      context.fillText(text(i, j), (j + 0.5) * cell, (i + 0.5) * cell);
    }
  }
}

/** A frame in the box's colour with a dark edge, to be seen on any ground. */
function outline(context, box, cell, ratio) {
  const rectangle = [box.column * cell, box.row * cell, box.w * cell, box.h * cell];
  context.lineWidth = 5 * ratio / 2;
  context.strokeStyle = "#000";
  context.strokeRect(...rectangle);
  context.lineWidth = 3 * ratio / 2;
  context.strokeStyle = box.colour ?? "#F0E442";
  context.strokeRect(...rectangle);
}

/**
 * A canvas that shows an array as squares. draw({w, h, colour, text, boxes}) paints it:
 * colour(row, column) gives [r, g, b], or null for a cell that is empty (hatched);
 * text(row, column) is written where the squares are large enough; boxes are outlined.
 * Pointer events arrive as handlers with (row, column) of the square under the pointer.
 */
function pixelMap(label, handlers = {}) {
  const canvas = h("canvas", { class: "cx-map", role: "img", "aria-label": label });
  const context = canvas.getContext("2d");
  const buffer = document.createElement("canvas");
  let shape = { w: 1, h: 1 };

  const squareAt = (event) => {
    const box = canvas.getBoundingClientRect(); // already scaled on a slide
    const column = Math.floor(((event.clientX - box.left) / box.width) * shape.w);
    const row = Math.floor(((event.clientY - box.top) / box.height) * shape.h);
    return [clamp(row, 0, shape.h - 1), clamp(column, 0, shape.w - 1)];
  };
  if (handlers.pick) {
    canvas.classList.add("cx-pickable");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      handlers.pick(...squareAt(event));
      event.preventDefault();
      canvas.focus({ preventScroll: true });
    });
  }
  canvas.addEventListener("pointermove", (event) => {
    if (handlers.pick && event.buttons & 1) handlers.pick(...squareAt(event));
    else if (handlers.hover && event.pointerType !== "touch") handlers.hover(...squareAt(event));
  });
  if (handlers.hover) canvas.addEventListener("pointerleave", () => handlers.hover(null, null));
  if (handlers.key) {
    canvas.tabIndex = 0;
    canvas.addEventListener("keydown", (event) => {
      if (!handlers.key(event.key)) return;
      event.preventDefault();
      event.stopPropagation(); // the slide must not turn
    });
  }

  function draw({ w, h: rows, colour, text, boxes = [] }) {
    shape = { w, h: rows };
    const side = canvas.clientWidth || 280;
    const ratio = (window.devicePixelRatio || 1) * 2; // stays sharp when a slide is scaled up
    const cell = Math.max(1, Math.floor((side * ratio) / Math.max(w, rows)));
    canvas.width = cell * w;
    canvas.height = cell * rows;
    canvas.style.aspectRatio = `${w} / ${rows}`;
    const empty = paintSquares(buffer, w, rows, colour);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, 0, 0, canvas.width, canvas.height);
    if (empty.length) hatch(context, empty, cell, ratio);
    if (text && cell >= 26 * ratio) writeNumbers(context, { w, rows, colour, text }, cell);
    for (const box of boxes) outline(context, box, cell, ratio);
  }
  return { element: canvas, draw, describe: (words) => canvas.setAttribute("aria-label", words) };
}

/** A bar that explains the colours, with a mark at the present value. */
function legend() {
  const low = h("span");
  const high = h("span");
  const mark = h("i", { class: "cx-mark" });
  const bar = h("div", { class: "cx-bar" }, mark);
  const element = h("div", { class: "cx-legend", "aria-hidden": "true" }, low, bar, high);
  return {
    element,
    update({ from, to, colour, value = null, text = format }) {
      low.textContent = text(from);
      high.textContent = text(to);
      const stops = Array.from({ length: 9 }, (_, i) => css(colour(from + ((to - from) * i) / 8)));
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      mark.hidden = value === null;
      if (value !== null) mark.style.left = `${100 * clamp((value - from) / (to - from), 0, 1)}%`;
    },
  };
}
