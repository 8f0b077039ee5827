// A small network that answers and learns in the page. Layers: see network_layers.js.

/** Evenly spread numbers in 0..1, the same for the same seed (Tommy Ettinger's mulberry32). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function outputShape(layer) {
  const { kind, input } = layer;
  if (kind === "Dense") return [layer.units];
  if (kind === "Flatten") return [volume(input)];
  if (kind === "GlobalAveragePooling2D") return [input[2]];
  if (!layer.size) return input;
  const [down, across] = [0, 1].map((i) => windowPlan(input[i], layer.size[i], layer.strides[i], layer.padding));
  Object.assign(layer, { top: down.before, left: across.before });
  return [down.count, across.count, layer.filters ?? input[2]];
}

/** Weights as Keras begins: Glorot's even spread, biases zero. */
function firstWeights(layer, random) {
  const { kind, input, output } = layer;
  if (kind !== "Conv2D" && kind !== "Dense") return [];
  const window = kind === "Conv2D" ? volume(layer.size) : 1;
  const into = kind === "Conv2D" ? input[2] : volume(input);
  const out = output.at(-1);
  const limit = Math.sqrt(6 / (window * (into + out)));
  const kernel = Float32Array.from({ length: window * into * out }, () => limit * (2 * random() - 1));
  return [kernel, new Float32Array(out)];
}

/** Room for the numbers of a batch; kept while the size of the batch stays. */
function makeRoom(layer, count) {
  if (layer.count === count) return;
  const [before, after] = [volume(layer.input) * count, volume(layer.output) * count];
  layer.count = count;
  layer.y = new Float32Array(after);
  layer.dx = new Float32Array(before);
  if (layer.size) layer.strips ??= windowStrips(layer);
  if (layer.kind.endsWith("ing2D") && layer.size) layer.pixels ??= windowPixels(layer);
  if (layer.kind === "Dropout") layer.kept = new Float32Array(after);
  if (layer.kind === "AveragePooling2D") layer.sizes ??= windowSizes(layer);
  if (layer.kind === "MaxPooling2D") layer.chosen = new Int32Array(after);
  if (!layer.learns) return;
  const units = layer.output.at(-1);
  layer.ins = makeList(Math.max(layer.weights[0].length / units, count));
  layer.outs = makeList(units);
}

/**
 * A network: input [h, w, c] (or [n]), layers [{kind, activation, weights, ...}, ...].
 * Conv2D has filters, size, strides, padding; poolings size, strides, padding; Dense units;
 * Dropout rate; Rescaling scale, offset; BatchNormalization epsilon. Without weights it begins anew.
 */
function makeNetwork({ input, layers, seed = 1 }) {
  const random = randomNumbers(seed);
  let shape = input;
  const made = layers.map((settings) => {
    if (!(settings.kind in LAYERS)) throw new Error(`no layer ${settings.kind}; there are ${Object.keys(LAYERS).join(", ")}`);
    const layer = { activation: "linear", ...settings, input: shape, random };
    shape = layer.output = outputShape(layer);
    layer.weights = settings.weights?.map((values) => Float32Array.from(values)) ?? firstWeights(layer, random);
    layer.gradients = layer.weights.map((values) => new Float32Array(values.length));
    layer.learns = layer.kind === "Conv2D" || layer.kind === "Dense";
    return layer;
  });
  const lowest = Math.max(made.findIndex((layer) => layer.learns), 0);
  made[lowest].first = true; // nobody asks what reaches its images, and that is costly to count
  return { layers: made, input, output: shape, lowest, steps: 0 };
}

/** The answers to a batch: (count, classes), one after the other. */
function forward(network, images, count, training = false) {
  let x = images;
  for (const layer of network.layers) {
    makeRoom(layer, count);
    layer.x = x;
    LAYERS[layer.kind][0](layer, x, count, training);
    ACTIVATIONS[layer.activation][0](layer.y, layer.output.at(-1));
    x = layer.y;
  }
  return x;
}

/**
 * From the gradient of the answers to that of all weights; down to the lowest layer that
 * learns. skip: the last activation was seen to already.
 */
function backward(network, upstream, count, skip = false) {
  for (let i = network.layers.length - 1; i >= network.lowest; i--) {
    const layer = network.layers[i];
    if (!skip) ACTIVATIONS[layer.activation][1](layer.y, upstream, layer.output.at(-1));
    skip = false;
    layer.dx.fill(0);
    for (const gradient of layer.gradients) gradient.fill(0);
    LAYERS[layer.kind][1](layer, layer.x, upstream, count);
    upstream = layer.dx;
  }
}

/** The mean cross-entropy, how many are right, and the gradient at the logits. */
function crossEntropy(network, answers, labels) {
  const classes = network.output.at(-1);
  const gradient = Float32Array.from(answers);
  // Without softmax at its end a network gives logits.
  if (network.layers.at(-1).activation !== "softmax") softmaxForward(gradient, classes);
  let loss = 0, right = 0;
  for (let i = 0; i < labels.length; i++) {
    const own = gradient.subarray(i * classes, (i + 1) * classes);
    right += own.every((p) => p <= own[labels[i]]);
    loss -= Math.log(Math.max(own[labels[i]], 1e-7)) / labels.length; // a cut, as Keras has it
    if (own.some(Number.isNaN)) loss = NaN;
    own[labels[i]] -= 1;
  }
  for (let i = 0; i < gradient.length; i++) gradient[i] /= labels.length;
  return { loss, right, gradient };
}

// What each optimiser does with weights w, their gradient g and its memories m and v. As in Keras.
const OPTIMISERS = {
  sgd(w, g, memories, { rate }) {
    for (let i = 0; i < w.length; i++) w[i] -= rate * g[i];
  },
  momentum(w, g, [m], { rate, momentum = 0.9 }) {
    for (let i = 0; i < w.length; i++) {
      m[i] = momentum * m[i] - rate * g[i];
      w[i] += m[i];
    }
  },
  adam(w, g, [m, v], { rate, steps }) {
    const corrected = (rate * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps);
    for (let i = 0; i < w.length; i++) {
      m[i] += 0.1 * (g[i] - m[i]);
      v[i] += 0.001 * (g[i] * g[i] - v[i]);
      w[i] -= (corrected * m[i]) / (Math.sqrt(v[i]) + 1e-7);
    }
  },
};

/** One change of all weights. decay takes rate * decay of each weight away, as Keras does. */
function update(network, { optimiser = "adam", rate = 0.001, decay = 0, ...rest } = {}) {
  network.steps += 1;
  for (const layer of network.layers.filter((one) => one.learns)) {
    layer.memories ??= layer.weights.map((w) => [new Float32Array(w.length), new Float32Array(w.length)]);
    layer.weights.forEach((w, which) => {
      if (decay) for (let i = 0; i < w.length; i++) w[i] -= w[i] * rate * decay;
      OPTIMISERS[optimiser](w, layer.gradients[which], layer.memories[which], { ...rest, rate, steps: network.steps });
    });
  }
}

/** One step of learning on a batch; returns {loss, right}. */
function trainStep(network, images, labels, how) {
  const answers = forward(network, images, labels.length, true);
  const { loss, right, gradient } = crossEntropy(network, answers, labels);
  const softmax = network.layers.at(-1).activation === "softmax";
  backward(network, gradient, labels.length, softmax);
  update(network, how);
  return { loss, right };
}
