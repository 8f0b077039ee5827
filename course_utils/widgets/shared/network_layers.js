// The layers of a small network, for a page. All numbers of a batch lie in one row, as in Keras:
// image by image, row by row, pixel by pixel, channel by channel. Each layer is a pair of
// functions: forward fills layer.y from x; backward fills layer.gradients and gives what reaches x.

/** out (m, n) = a (m, k) times b (k, n). Two rows by four columns at a time stay in registers. */
function matrixProduct(a, b, out, m, k, n, [aAt, outAt] = [0, 0]) {
  for (let i = 0; i < m; i += 2) {
    const first = aAt + i * k;
    const second = i + 1 < m ? first + k : first;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let q = 0, at = j; q < k; q++, at += n) {
        const u = a[first + q], v = a[second + q];
        const b0 = b[at], b1 = b[at + 1], b2 = b[at + 2], b3 = b[at + 3];
        s0 += u * b0; s1 += u * b1; s2 += u * b2; s3 += u * b3;
        t0 += v * b0; t1 += v * b1; t2 += v * b2; t3 += v * b3;
      }
      const to = outAt + i * n + j;
      out[to] = s0; out[to + 1] = s1; out[to + 2] = s2; out[to + 3] = s3;
      if (second > first) (out[to + n] = t0, out[to + n + 1] = t1, out[to + n + 2] = t2, out[to + n + 3] = t3);
    }
    for (; j < n; j++) {
      let s = 0, t = 0;
      for (let q = 0, at = j; q < k; q++, at += n) (s += a[first + q] * b[at], t += a[second + q] * b[at]);
      out[outAt + i * n + j] = s;
      if (second > first) out[outAt + (i + 1) * n + j] = t;
    }
  }
}

/** out (k, n) += a (m, k), transposed, times b (m, n): the gradient of weights. Zeros are left
 * out on both sides: most of a digit is black, and most of what comes back through a pooling. */
function addTransposedProduct(a, b, out, m, k, n, [aAt, bAt] = [0, 0]) {
  const columns = new Int32Array(n);
  for (let i = 0; i < m; i++) {
    const row = bAt + i * n;
    let found = 0;
    for (let j = 0; j < n; j++) if (b[row + j] !== 0) columns[found++] = j;
    if (!found) continue;
    for (let q = 0, from = aAt + i * k; q < k; q++, from++) {
      const value = a[from];
      if (value === 0) continue;
      for (let f = 0, to = q * n; f < found; f++) out[to + columns[f]] += value * b[row + columns[f]];
    }
  }
}

/** out (m, k) = a (m, n) times b (k, n), transposed: the gradient of what came in. */
function productTransposed(a, b, out, m, k, n, [aAt, outAt] = [0, 0]) {
  for (let i = 0; i < m; i++) {
    for (let q = 0; q < k; q++) {
      let sum = 0;
      for (let j = 0, from = aAt + i * n, at = q * n; j < n; j++) sum += a[from + j] * b[at + j];
      out[outAt + i * k + q] = sum;
    }
  }
}

/** Where windows begin on one axis, as TensorFlow pads: the odd pixel goes behind. */
function windowPlan(length, size, stride, padding) {
  if (padding === "valid") return { count: Math.floor((length - size) / stride) + 1, before: 0 };
  const count = Math.ceil(length / stride);
  return { count, before: Math.floor(Math.max((count - 1) * stride + size - length, 0) / 2) };
}

/** All pixels of all windows of an image: window, pixel, place in the window, and so on. */
function windowPlaces({ input: [height, width], output: [rows, columns], size: [down, across], strides, top, left }) {
  const places = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let u = 0; u < down; u++) {
        const row = i * strides[0] - top + u;
        if (row < 0 || row >= height) continue;
        for (let v = 0; v < across; v++) {
          const column = j * strides[1] - left + v;
          if (column >= 0 && column < width) places.push(i * columns + j, row * width + column, u * across + v);
        }
      }
    }
  }
  return Int32Array.from(places);
}

/** The windows of an image as the rows of a table; what is outside the image stays zero. */
function windowsAsRows({ table, places, input: [, , channels], size }, x, start) {
  const length = size[0] * size[1] * channels;
  for (let i = 0; i < places.length; i += 3) {
    const to = places[i] * length + places[i + 2] * channels;
    const from = start + places[i + 1] * channels;
    for (let c = 0; c < channels; c++) table[to + c] = x[from + c];
  }
  return table;
}

/** A table of rows back to the image: each pixel gets the sum of what its windows hold. */
function rowsToImage({ places, input: [, , channels], size }, table, image, start) {
  const length = size[0] * size[1] * channels;
  for (let i = 0; i < places.length; i += 3) {
    const from = places[i] * length + places[i + 2] * channels;
    const to = start + places[i + 1] * channels;
    for (let c = 0; c < channels; c++) image[to + c] += table[from + c];
  }
}

function addBias({ y, weights: [, bias] }) {
  if (!bias) return;
  for (let i = 0; i < y.length; i += bias.length) for (let j = 0; j < bias.length; j++) y[i + j] += bias[j];
}

function biasGradient(layer, upstream) {
  const sums = layer.gradients[1];
  if (!sums) return;
  for (let i = 0; i < upstream.length; i += sums.length) {
    for (let j = 0; j < sums.length; j++) sums[j] += upstream[i + j];
  }
}

function convForward(layer, x, count) {
  const [rows, columns, filters] = layer.output;
  const length = layer.weights[0].length / filters;
  for (let n = 0; n < count; n++) {
    const table = windowsAsRows(layer, x, n * volume(layer.input));
    matrixProduct(table, layer.weights[0], layer.y, rows * columns, length, filters, [0, n * volume(layer.output)]);
  }
  addBias(layer);
}

function convBackward(layer, x, upstream, count) {
  const [rows, columns, filters] = layer.output;
  const length = layer.weights[0].length / filters;
  biasGradient(layer, upstream);
  for (let n = 0; n < count; n++) {
    const at = n * volume(layer.output);
    const table = windowsAsRows(layer, x, n * volume(layer.input));
    addTransposedProduct(table, upstream, layer.gradients[0], rows * columns, length, filters, [0, at]);
    if (layer.first) continue; // nobody asks what reaches the image
    productTransposed(upstream, layer.weights[0], layer.rows, rows * columns, length, filters, [at, 0]);
    rowsToImage(layer, layer.rows, layer.dx, n * volume(layer.input));
  }
}

function denseForward(layer, x, count) {
  const [units] = layer.output;
  matrixProduct(x, layer.weights[0], layer.y, count, volume(layer.input), units);
  addBias(layer);
}

function denseBackward(layer, x, upstream, count) {
  const [units] = layer.output;
  biasGradient(layer, upstream);
  addTransposedProduct(x, upstream, layer.gradients[0], count, volume(layer.input), units);
  if (!layer.first) productTransposed(upstream, layer.weights[0], layer.dx, count, volume(layer.input), units);
}

/** The largest of each window; of equal ones the first, as Keras on a processor has it. */
function maxPoolForward(layer, x, count) {
  const { y, chosen, places, input: [, , channels] } = layer;
  chosen.fill(-1);
  for (let n = 0; n < count; n++) {
    const start = n * volume(layer.input);
    const begin = n * volume(layer.output);
    for (let i = 0; i < places.length; i += 3) {
      const from = start + places[i + 1] * channels;
      const to = begin + places[i] * channels;
      for (let c = 0; c < channels; c++) {
        if (chosen[to + c] < 0 || x[from + c] > y[to + c]) (y[to + c] = x[from + c], chosen[to + c] = from + c);
      }
    }
  }
}

function maxPoolBackward({ chosen, dx }, x, upstream) {
  for (let i = 0; i < upstream.length; i++) dx[chosen[i]] += upstream[i];
}

/** How many pixels each window of an average has: padding is not counted. */
function windowSizes({ places, output }) {
  const sizes = new Int32Array(output[0] * output[1]);
  for (let i = 0; i < places.length; i += 3) sizes[places[i]] += 1;
  return sizes;
}

function averagePoolForward(layer, x, count) {
  const { y, places, sizes, input: [, , channels] } = layer;
  y.fill(0);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < places.length; i += 3) {
      const from = n * volume(layer.input) + places[i + 1] * channels;
      const to = n * volume(layer.output) + places[i] * channels;
      for (let c = 0; c < channels; c++) y[to + c] += x[from + c] / sizes[places[i]];
    }
  }
}

function averagePoolBackward(layer, x, upstream, count) {
  const { dx, places, sizes, input: [, , channels] } = layer;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < places.length; i += 3) {
      const to = n * volume(layer.input) + places[i + 1] * channels;
      const from = n * volume(layer.output) + places[i] * channels;
      for (let c = 0; c < channels; c++) dx[to + c] += upstream[from + c] / sizes[places[i]];
    }
  }
}

function globalPoolForward({ y, input: [rows, columns, channels] }, x) {
  y.fill(0);
  const pixels = rows * columns;
  for (let i = 0; i < x.length; i++) y[Math.floor(i / (pixels * channels)) * channels + (i % channels)] += x[i] / pixels;
}

function globalPoolBackward({ dx, input: [rows, columns, channels] }, x, upstream) {
  const pixels = rows * columns;
  for (let i = 0; i < dx.length; i++) dx[i] = upstream[Math.floor(i / (pixels * channels)) * channels + (i % channels)] / pixels;
}

function rescalingForward({ y, scale, offset }, x) {
  for (let i = 0; i < y.length; i++) y[i] = x[i] * scale + offset;
}

function rescalingBackward({ dx, scale }, x, upstream) {
  for (let i = 0; i < dx.length; i++) dx[i] = upstream[i] * scale;
}

const flattenForward = ({ y }, x) => y.set(x);
const flattenBackward = ({ dx }, x, upstream) => dx.set(upstream);

/** In training some numbers become zero and the others larger, so that their mean stays. */
function dropoutForward({ y, kept, rate, random }, x, count, training) {
  for (let i = 0; i < y.length; i++) {
    kept[i] = !training ? 1 : random() < rate ? 0 : 1 / (1 - rate);
    y[i] = x[i] * kept[i];
  }
}

function dropoutBackward({ dx, kept }, x, upstream) {
  for (let i = 0; i < dx.length; i++) dx[i] = upstream[i] * kept[i];
}

/** With the mean and variance that Keras collected: it answers, and does not learn here. */
function normalizationForward({ y, epsilon, weights: [gamma, beta, mean, variance] }, x) {
  for (let i = 0; i < y.length; i++) {
    const c = i % mean.length;
    y[i] = ((x[i] - mean[c]) / Math.sqrt(variance[c] + epsilon)) * gamma[c] + beta[c];
  }
}

function normalizationBackward({ dx, epsilon, weights: [gamma, , , variance] }, x, upstream) {
  for (let i = 0; i < dx.length; i++) {
    const c = i % variance.length;
    dx[i] = (upstream[i] * gamma[c]) / Math.sqrt(variance[c] + epsilon);
  }
}

function softmaxForward(y, n) {
  for (let start = 0; start < y.length; start += n) {
    let largest = -Infinity, sum = 0;
    for (let j = start; j < start + n; j++) largest = Math.max(largest, y[j]);
    for (let j = start; j < start + n; j++) sum += y[j] = Math.exp(y[j] - largest);
    for (let j = start; j < start + n; j++) y[j] /= sum;
  }
}

function softmaxBackward(y, g, n) {
  for (let start = 0; start < y.length; start += n) {
    let sum = 0;
    for (let j = start; j < start + n; j++) sum += g[j] * y[j];
    for (let j = start; j < start + n; j++) g[j] = y[j] * (g[j] - sum);
  }
}

function reluForward(y) {
  for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0;
}

function reluBackward(y, g) {
  for (let i = 0; i < y.length; i++) if (!(y[i] > 0)) g[i] = 0;
}

function sigmoidForward(y) {
  for (let i = 0; i < y.length; i++) y[i] = 1 / (1 + Math.exp(-y[i]));
}

function sigmoidBackward(y, g) {
  for (let i = 0; i < y.length; i++) g[i] *= y[i] * (1 - y[i]);
}

function tanhForward(y) {
  for (let i = 0; i < y.length; i++) y[i] = Math.tanh(y[i]);
}

function tanhBackward(y, g) {
  for (let i = 0; i < y.length; i++) g[i] *= 1 - y[i] * y[i];
}

// Forward changes y in place; backward, from y alone, the gradient g.
const ACTIVATIONS = {
  linear: [() => {}, () => {}],
  relu: [reluForward, reluBackward],
  sigmoid: [sigmoidForward, sigmoidBackward],
  tanh: [tanhForward, tanhBackward],
  softmax: [softmaxForward, softmaxBackward],
};
const LAYERS = {
  Rescaling: [rescalingForward, rescalingBackward],
  Conv2D: [convForward, convBackward],
  MaxPooling2D: [maxPoolForward, maxPoolBackward],
  AveragePooling2D: [averagePoolForward, averagePoolBackward],
  GlobalAveragePooling2D: [globalPoolForward, globalPoolBackward],
  Flatten: [flattenForward, flattenBackward],
  Dense: [denseForward, denseBackward],
  Dropout: [dropoutForward, dropoutBackward],
  BatchNormalization: [normalizationForward, normalizationBackward],
  Activation: [flattenForward, flattenBackward],
};
const volume = (shape) => shape.reduce((a, b) => a * b, 1);
