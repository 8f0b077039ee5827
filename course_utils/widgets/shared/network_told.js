// A network as Python tells it (see network.py): settings, and all weights as one text.

/** One number of 16 bits: sign, five bits of exponent, ten of fraction. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

/** A living network from a told one. */
function readNetwork(told, seed = 1) {
  const bytes = Uint8Array.from(atob(told.weights), (letter) => letter.charCodeAt(0));
  const half = told.dtype === "float16";
  const numbers = half ? Float32Array.from(new Uint16Array(bytes.buffer), fromHalf) : new Float32Array(bytes.buffer);
  let start = 0;
  const layers = told.layers.map(({ shapes, ...settings }) => ({
    ...settings,
    weights: shapes.map((shape) => numbers.subarray(start, (start += volume(shape)))),
  }));
  return makeNetwork({ input: told.input, layers, seed });
}

/** The weights of a network as the text that Python reads, float32. */
function tellWeights(network) {
  const all = network.layers.flatMap((layer) => layer.weights);
  let text = "";
  for (const weights of all) for (const byte of new Uint8Array(weights.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
