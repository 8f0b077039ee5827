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
  const colour = values?.some((value) => value < 0) ? signed : magnitude;
  for (let at = 0; at < rows * columns * count; at++) {
    const tile = at % count;
    const row = Math.floor(at / count / columns) + Math.floor(tile / across) * (rows + 2) + 1;
    const column = (Math.floor(at / count) % columns) + (tile % across) * (columns + 2) + 1;
    const part = values ? values[at] / limit : NaN;
    const rgba = Number.isFinite(part) ? [...colour(part), 255] : [128, 128, 128, 50];
    painted.data.set(rgba, 4 * (row * width + column));
  }
  canvas.getContext("2d").putImageData(painted, 0, 0);
}
