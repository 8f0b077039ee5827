// The state of an explorer, and what its traits hold.

/**
 * The widget's state as seen by an explorer. `set` shows at once here and reaches the kernel
 * at most ten times a second, so that a slider does not flood it. Where there is no kernel
 * `save_changes` does nothing and everything else still works.
 */
function makeState(model, onChange) {
  let timer = null;
  let last = 0;
  const save = () => {
    timer = null;
    last = performance.now();
    model.save_changes();
  };
  let frame = null;
  const changed = () => {
    if (frame === null) frame = requestAnimationFrame(() => ((frame = null), onChange()));
  };
  model.on("change", changed);
  return {
    get: (name) => model.get(name),
    set(name, value) {
      model.set(name, value);
      changed();
      if (timer === null) timer = setTimeout(save, Math.max(0, 100 - (performance.now() - last)));
    },
    changed,
    stop() {
      model.off("change", changed);
      if (timer !== null) (clearTimeout(timer), save());
      if (frame !== null) cancelAnimationFrame(frame);
    },
  };
}

/** Bytes of a synced trait, wherever they sit in their buffer. */
const asBytes = (view) => new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);

/** The same as float32. */
function asFloats(view) {
  const buffer = view.buffer ?? view;
  const start = view.byteOffset ?? 0;
  return new Float32Array(buffer.slice(start, start + view.byteLength));
}

/** The named pictures of an explorer: name -> {name, h, w, c, data}. */
function readImages(model) {
  const pixels = asFloats(model.get("_pixels"));
  const images = new Map();
  let start = 0;
  for (const { name, shape } of model.get("_shapes")) {
    const [rows, columns, channels = 1] = shape;
    const length = rows * columns * channels;
    const data = pixels.subarray(start, start + length);
    images.set(name, { name, h: rows, w: columns, c: channels, data });
    start += length;
  }
  return images;
}
