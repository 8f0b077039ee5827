// Pictures and kernels as numbers: what ConvolutionExplorer computes with.

const LUMA = [0.2125, 0.7154, 0.0721]; // as skimage.color.rgb2gray weighs the channels

/** The picture as the kernel sees it: (H, W) unless colour is on. */
function seenImage(image, colour) {
  if (image.c === 1 || colour) return image;
  const data = new Float32Array(image.h * image.w);
  for (let i = 0; i < data.length; i++) {
    data[i] = LUMA[0] * image.data[3 * i] + LUMA[1] * image.data[3 * i + 1] + LUMA[2] * image.data[3 * i + 2];
  }
  return { name: image.name, h: image.h, w: image.w, c: 1, data };
}

/** The kernel for a picture of `channels` channels: a flat one serves each, slices average to gray. */
function fitKernel(nested, channels) {
  const rows = nested.length;
  const columns = nested[0].length;
  const data = [];
  for (const line of nested) {
    for (const weight of line) {
      if (channels === 1) {
        data.push(Array.isArray(weight) ? (weight[0] + weight[1] + weight[2]) / 3 : weight);
      } else {
        data.push(...(Array.isArray(weight) ? weight : [weight, weight, weight]));
      }
    }
  }
  return { h: rows, w: columns, c: channels, data };
}

function toNested({ h: rows, w: columns, c: channels, data }) {
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => {
      const at = (y * columns + x) * channels;
      return channels === 1 ? data[at] : data.slice(at, at + channels);
    }),
  );
}

/** The largest |answer| that a 0..1 picture can draw from a kernel. */
function reach(kernel) {
  let above = 0;
  let below = 0;
  for (const weight of kernel.data) weight > 0 ? (above += weight) : (below -= weight);
  return Math.max(above, below) || 1;
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** Crop or zero-pad around the centre. */
function resized(kernel, rows, columns) {
  const data = new Array(rows * columns * kernel.c).fill(0);
  const down = Math.floor((rows - kernel.h) / 2);
  const right = Math.floor((columns - kernel.w) / 2);
  for (let y = 0; y < kernel.h; y++) {
    for (let x = 0; x < kernel.w; x++) {
      if (y + down < 0 || y + down >= rows || x + right < 0 || x + right >= columns) continue;
      for (let c = 0; c < kernel.c; c++) {
        data[((y + down) * columns + x + right) * kernel.c + c] = kernel.data[(y * kernel.w + x) * kernel.c + c];
      }
    }
  }
  return { h: rows, w: columns, c: kernel.c, data };
}

/** A quarter turn to the right. */
function turned(kernel) {
  const data = [];
  for (let y = 0; y < kernel.w; y++) {
    for (let x = 0; x < kernel.h; x++) {
      const at = ((kernel.h - 1 - x) * kernel.w + y) * kernel.c;
      data.push(...kernel.data.slice(at, at + kernel.c));
    }
  }
  return { h: kernel.w, w: kernel.h, c: kernel.c, data };
}
