// Many small pictures in one: kernels, maps.

/**
 * All of them on one scale, `across` in a row. values [row, column, number] lie as in Keras,
 * `limit` is the strongest colour; null, or what is no number, gives empty places.
 */
function paintTiles(canvas, values, [rows, columns, count], { across = 8, limit = 127 } = {}) {
  const width = Math.min(count, across) * (columns + 2);
  const height = Math.ceil(count / across) * (rows + 2);
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const painted = new ImageData(width, height);
  const bytes = painted.data; // one by one: `set` takes three times as long
  const colour = values?.some((value) => value < 0) ? signed : magnitude;
  for (let at = 0; at < rows * columns * count; at++) {
    const tile = at % count;
    const row = Math.floor(at / count / columns) + Math.floor(tile / across) * (rows + 2) + 1;
    const column = (Math.floor(at / count) % columns) + (tile % across) * (columns + 2) + 1;
    const part = values ? values[at] / limit : NaN;
    const known = Number.isFinite(part);
    const [red, green, blue] = known ? colour(part) : [128, 128, 128];
    const p = 4 * (row * width + column);
    bytes[p] = red;
    bytes[p + 1] = green;
    bytes[p + 2] = blue;
    bytes[p + 3] = known ? 255 : 50;
  }
  canvas.getContext("2d").putImageData(painted, 0, 0);
}
