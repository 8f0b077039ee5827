// The layers of a small network, for a page. All numbers of a batch lie in one row, as in Keras:
// image by image, row by row, pixel by pixel, channel by channel. Each layer is a pair of
// functions: forward fills layer.y from x; backward fills layer.gradients and gives what reaches x.

/** Room for up to n numbers of a row that are not zero, and for their places in it. */
const makeList = (n) => ({ values: new Float64Array(n), places: new Int32Array(n), count: 0 });
const ONE = { values: [1], places: [0], count: 1 }; // what a bias is multiplied with

/** On the list comes what is not zero among n numbers: x[from], x[from + stride], ... Most of a
 * digit is black, and most of what comes back through a pooling is zero: no work for those. */
function collect(list, x, from, n, stride = 1) {
  const { values, places } = list;
  let count = 0;
  for (let i = 0, at = from; i < n; i++, at += stride) {
    const value = x[at];
    if (value !== 0) (values[count] = value, places[count++] = i);
  }
  list.count = count;
}

/** out (n), which begins at `to`, += a listed row (k) times table (k, width), of which n columns
 * from `first` on are used. Eight sums at a time stay in registers. */
function addProduct({ values, places, count }, table, width, out, to, first = 0, n = width) {
  if (!count) return;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    const o = to + j;
    let s0 = out[o], s1 = out[o + 1], s2 = out[o + 2], s3 = out[o + 3];
    let s4 = out[o + 4], s5 = out[o + 5], s6 = out[o + 6], s7 = out[o + 7];
    for (let i = 0; i < count; i++) {
      const value = values[i], at = places[i] * width + first + j;
      s0 += value * table[at]; s1 += value * table[at + 1]; s2 += value * table[at + 2]; s3 += value * table[at + 3];
      s4 += value * table[at + 4]; s5 += value * table[at + 5]; s6 += value * table[at + 6]; s7 += value * table[at + 7];
    }
    out[o] = s0; out[o + 1] = s1; out[o + 2] = s2; out[o + 3] = s3;
    out[o + 4] = s4; out[o + 5] = s5; out[o + 6] = s6; out[o + 7] = s7;
  }
  for (; j < n; j += 2) {
    let s0 = out[to + j], s1 = 0;
    for (let i = 0, at; i < count; i++) {
      at = places[i] * width + first + j;
      s0 += values[i] * table[at]; s1 += values[i] * table[at + 1];
    }
    out[to + j] = s0;
    if (j + 1 < n) out[to + j + 1] += s1;
  }
}

/** table (k, n) += a listed column (k) times a listed row (n): what one example says of weights. */
function addOuterProduct({ values, places, count }, row, table, n) {
  for (let j = 0; j < row.count; j++) {
    const value = row.values[j], at = row.places[j];
    for (let i = 0; i < count; i++) table[places[i] * n + at] += values[i] * value;
  }
}

/** a (rows, columns) as (columns, rows). */
function transposed(a, columns) {
  const rows = a.length / columns;
  const turned = new Float32Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = a[i * columns + j];
  return turned;
}

/** Each row of numbers becomes a copy of the bias. */
function fillRows(rows, bias) {
  if (!bias) return void rows.fill(0);
  rows.set(bias); // then twice as many in each turn
  for (let done = bias.length; done < rows.length; done *= 2) rows.copyWithin(done, 0, Math.min(done, rows.length - done));
}

/** Where windows begin on one axis, as TensorFlow pads: the odd pixel goes behind. */
function windowPlan(length, size, stride, padding) {
  if (padding === "valid") return { count: Math.floor((length - size) / stride) + 1, before: 0 };
  const count = Math.ceil(length / stride);
  return { count, before: Math.floor(Math.max((count - 1) * stride + size - length, 0) / 2) };
}

/** The rows of all windows of an image, as far as they lie in it. Of each: where it begins in the
 * image, where in the window, how many numbers it has. */
function windowStrips({ input: [height, width, channels], output: [rows, columns], size: [down, across], strides, top, left }) {
  const strips = new Int32Array(3 * rows * columns * down);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let u = 0; u < down; u++, at += 3) {
        const row = i * strides[0] - top + u, column = j * strides[1] - left;
        const begin = Math.max(column, 0), end = Math.min(column + across, width);
        if (row < 0 || row >= height || end <= begin) continue; // it has none
        strips.set([row * width + begin, u * across + begin - column, end - begin].map((pixels) => pixels * channels), at);
      }
    }
  }
  return strips;
}

/** As collect, from a window of the image that begins at `start`. */
function collectWindow(list, x, start, { strips, size: [down] }, window) {
  const { values, places } = list;
  let count = 0;
  for (let s = 3 * down * window, end = s + 3 * down; s < end; s += 3) {
    const from = start + strips[s], place = strips[s + 1], length = strips[s + 2];
    for (let i = 0; i < length; i++) {
      const value = x[from + i];
      if (value !== 0) (values[count] = value, places[count++] = place + i);
    }
  }
  list.count = count;
}

/** Each pixel of a window gets its part of a listed row times table: what comes back to it. */
function addToWindow(row, table, width, image, start, { strips, size: [down] }, window) {
  for (let s = 3 * down * window, end = s + 3 * down; s < end; s += 3) {
    addProduct(row, table, width, image, start + strips[s], strips[s + 1], strips[s + 2]);
  }
}

function convForward(layer, x, count) {
  const { input, output: [rows, columns, filters], weights: [kernel, bias], y, ins } = layer;
  fillRows(y, bias);
  for (let n = 0, at = 0; n < count; n++) {
    for (let window = 0; window < rows * columns; window++, at += filters) {
      collectWindow(ins, x, n * volume(input), layer, window);
      addProduct(ins, kernel, filters, y, at);
    }
  }
}

function convBackward(layer, x, upstream, count) {
  const { input, output: [rows, columns, filters], weights: [kernel], gradients, dx, ins, outs } = layer;
  const back = transposed(kernel, filters);
  for (let n = 0, at = 0; n < count; n++) {
    const start = n * volume(input);
    for (let window = 0; window < rows * columns; window++, at += filters) {
      collect(outs, upstream, at, filters);
      if (!outs.count) continue;
      collectWindow(ins, x, start, layer, window);
      addOuterProduct(ins, outs, gradients[0], filters);
      if (gradients[1]) addOuterProduct(ONE, outs, gradients[1], filters);
      if (layer.first) continue; // nobody asks what reaches the image
      addToWindow(outs, back, back.length / filters, dx, start, layer, window);
    }
  }
}

function denseForward({ input: [length], output: [units], weights: [kernel, bias], y, ins }, x, count) {
  fillRows(y, bias);
  for (let n = 0; n < count; n++) {
    collect(ins, x, n * length, length);
    addProduct(ins, kernel, units, y, n * units);
  }
}

function denseBackward({ input: [length], output: [units], weights: [kernel], gradients, dx, ins, outs, first }, x, upstream, count) {
  for (let i = 0; i < length; i++) {
    collect(ins, x, i, count, length); // the same number of all examples
    addProduct(ins, upstream, units, gradients[0], i * units);
  }
  const back = first ? null : transposed(kernel, units);
  for (let n = 0; n < count; n++) {
    collect(outs, upstream, n * units, units);
    if (gradients[1]) addOuterProduct(ONE, outs, gradients[1], units);
    if (!first) addProduct(outs, back, length, dx, n * length);
  }
}

/** All pixels of all windows of a pooling: where the window's answer stands, and the pixel. */
function windowPixels({ strips, size: [down], input: [, , channels] }) {
  const pixels = [];
  for (let s = 0; s < strips.length; s += 3) {
    const window = Math.floor(s / 3 / down);
    for (let i = 0; i < strips[s + 2]; i += channels) pixels.push(window * channels, strips[s] + i);
  }
  return Int32Array.from(pixels);
}

/** The largest of each window; of equal ones the first, as Keras on a processor has it. */
function maxPoolForward({ y, chosen, pixels, input, output }, x, count) {
  const channels = input[2];
  chosen.fill(-1);
  for (let n = 0; n < count; n++) {
    const start = n * volume(input), begin = n * volume(output);
    for (let i = 0; i < pixels.length; i += 2) {
      const to = begin + pixels[i], from = start + pixels[i + 1];
      for (let c = 0; c < channels; c++) {
        const value = x[from + c];
        if (value > y[to + c] || chosen[to + c] < 0) (y[to + c] = value, chosen[to + c] = from + c);
      }
    }
  }
}

function maxPoolBackward({ chosen, dx }, x, upstream) {
  for (let i = 0; i < upstream.length; i++) dx[chosen[i]] += upstream[i];
}

/** By how much each answer of an average has to be divided: padding is not counted. */
function windowSizes({ pixels, output }) {
  const sizes = new Int32Array(volume(output));
  for (let i = 0; i < pixels.length; i += 2) sizes[pixels[i]] += 1;
  return sizes;
}

function averagePoolForward({ y, pixels, sizes, input, output }, x, count) {
  y.fill(0);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < pixels.length; i += 2) {
      const to = n * volume(output) + pixels[i], from = n * volume(input) + pixels[i + 1];
      for (let c = 0; c < input[2]; c++) y[to + c] += x[from + c] / sizes[pixels[i]];
    }
  }
}

function averagePoolBackward({ dx, pixels, sizes, input, output }, x, upstream, count) {
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < pixels.length; i += 2) {
      const from = n * volume(output) + pixels[i], to = n * volume(input) + pixels[i + 1];
      for (let c = 0; c < input[2]; c++) dx[to + c] += upstream[from + c] / sizes[pixels[i]];
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
