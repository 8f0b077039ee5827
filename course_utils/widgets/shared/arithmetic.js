// What windows compute, as in `filters`.

/** Zeros before and after an axis; "same" as TensorFlow pads: the odd one goes after. */
function paddingAmounts(n, size, stride, padding) {
  if (padding === "valid") return [0, 0];
  if (padding !== "same") return [padding, padding];
  const total = Math.max((Math.ceil(n / stride) - 1) * stride + size - n, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

const outputSize = (n, size, stride, [before, after]) =>
  Math.max(0, Math.floor((n + before + after - size) / stride) + 1);

/** Where the window of a window operation goes: sizes of the result and zeros on each side. */
function windowLayout(image, size, stride, padding) {
  const rows = paddingAmounts(image.h, size.h, stride, padding);
  const columns = paddingAmounts(image.w, size.w, stride, padding);
  return {
    h: outputSize(image.h, size.h, stride, rows),
    w: outputSize(image.w, size.w, stride, columns),
    top: rows[0], bottom: rows[1], left: columns[0], right: columns[1], stride,
  };
}

/** Cross-correlation (convolution when `flip`), summed over channels, zeros outside. */
function convolve(image, kernel, layout, flip) {
  const out = new Float64Array(layout.h * layout.w);
  for (let i = 0; i < layout.h; i++) {
    for (let j = 0; j < layout.w; j++) {
      let sum = 0;
      for (let y = 0; y < kernel.h; y++) {
        const row = i * layout.stride + y - layout.top;
        if (row < 0 || row >= image.h) continue;
        for (let x = 0; x < kernel.w; x++) {
          const column = j * layout.stride + x - layout.left;
          if (column < 0 || column >= image.w) continue;
          const at = flip ? (kernel.h - 1 - y) * kernel.w + kernel.w - 1 - x : y * kernel.w + x;
          for (let c = 0; c < image.c; c++) {
            sum += image.data[(row * image.w + column) * image.c + c] * kernel.data[at * kernel.c + c];
          }
        }
      }
      out[i * layout.w + j] = sum;
    }
  }
  return out;
}
