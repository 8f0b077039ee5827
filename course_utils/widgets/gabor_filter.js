// What GaborExplorer computes: the same as gabor_kernel and gabor_magnitude in filters.py.

/**
 * The kernel of filters.gabor_kernel. Its bell is round, so it is a column of complex numbers
 * times a row of them: two passes of length h replace one of h times h.
 */
function gaborKernel(frequency, theta, sigma) {
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const radius = Math.ceil(Math.max(3 * sigma * Math.abs(cos), 3 * sigma * Math.abs(sin), 1));
  const size = 2 * radius + 1;
  const line = (slope) => {
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const x = i - radius;
      const bell = Math.exp((-x * x) / (2 * sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma);
      re[i] = bell * Math.cos(2 * Math.PI * frequency * slope * x);
      im[i] = bell * Math.sin(2 * Math.PI * frequency * slope * x);
    }
    return { re, im };
  };
  const row = line(cos);
  const column = line(sin);
  const re = new Float64Array(size * size);
  const im = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0; j < size; j++, at++) {
      re[at] = column.re[i] * row.re[j] - column.im[i] * row.im[j];
      im[at] = column.re[i] * row.im[j] + column.im[i] * row.re[j];
    }
  }
  return { radius, size, row, column, re, im };
}

/** Which pixel stands at place i when the picture goes on as in a mirror at both ends. */
function mirrored(i, n) {
  const at = ((i % (2 * n)) + 2 * n) % (2 * n);
  return at < n ? at : 2 * n - 1 - at;
}

/** The two correlations and their magnitude, as filters.gabor_magnitude computes it. */
function gaborResponse({ h: rows, w: columns, data }, { radius, size, row, column }) {
  const acrossRe = new Float64Array(rows * columns);
  const acrossIm = new Float64Array(rows * columns);
  const wide = new Float64Array(columns + 2 * radius);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < wide.length; j++) wide[j] = data[i * columns + mirrored(j - radius, columns)];
    for (let j = 0; j < columns; j++) {
      let sumRe = 0;
      let sumIm = 0;
      for (let k = 0; k < size; k++) {
        sumRe += wide[j + k] * row.re[k];
        sumIm += wide[j + k] * row.im[k];
      }
      acrossRe[i * columns + j] = sumRe;
      acrossIm[i * columns + j] = sumIm;
    }
  }
  const re = new Float64Array(rows * columns);
  const im = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < size; k++) {
      const from = mirrored(i + k - radius, rows) * columns;
      const a = column.re[k];
      const b = column.im[k];
      for (let j = 0, to = i * columns; j < columns; j++, to++) {
        re[to] += a * acrossRe[from + j] - b * acrossIm[from + j];
        im[to] += a * acrossIm[from + j] + b * acrossRe[from + j];
      }
    }
  }
  const magnitude = re.map((value, at) => Math.sqrt(value * value + im[at] * im[at]));
  return { re, im, magnitude };
}

/** The magnitude of the kernel's answer to a flat picture of value 1. */
function flatAnswer({ row, column }) {
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  return Math.hypot(total(row.re), total(row.im)) * Math.hypot(total(column.re), total(column.im));
}

/** The largest answer of the kernel to any 0..1 picture: white where its wave is positive. */
function gaborReach({ re, im }) {
  let most = 0;
  for (let phase = 0; phase < 16; phase++) {
    const cos = Math.cos((Math.PI * phase) / 8);
    const sin = Math.sin((Math.PI * phase) / 8);
    let sum = 0;
    for (let at = 0; at < re.length; at++) sum += Math.max(0, re[at] * cos - im[at] * sin);
    most = Math.max(most, sum);
  }
  return most;
}

/** Pixels see a wave only between -1/2 and 1/2 waves a pixel, down and across: what they see of this one. */
function seenWave(frequency, theta) {
  const across = frequency * Math.cos(theta);
  const down = frequency * Math.sin(theta);
  const [x, y] = [across - Math.round(across), down - Math.round(down)];
  return { frequency: Math.hypot(x, y), hidden: Math.abs(across) > 0.5 || Math.abs(down) > 0.5 };
}
