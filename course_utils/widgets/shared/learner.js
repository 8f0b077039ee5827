// A training that can be watched: it runs in a worker, or in slices on the page, and both do
// the same in the same order. What it is told and what it tells are plain messages.

const PACE = 8; // points of the training curve in an epoch
const CHUNK = 50; // pictures that are answered at once when the network is examined

/** The layers of a network as the controls describe it; Python counts its weights likewise. */
function layersOf({ blocks, filters, kernel_size, pooling, hidden, activation, dropout }, classes = 10) {
  const layers = [{ kind: "Rescaling", name: "scale", scale: 1 / 255, offset: 0 }];
  for (let block = 1; block <= blocks; block++) {
    const size = [kernel_size, kernel_size];
    layers.push({ kind: "Conv2D", name: `conv_${block}`, filters: filters * block, size, strides: [1, 1], padding: "valid", activation });
    const kind = { max: "MaxPooling2D", average: "AveragePooling2D" }[pooling];
    if (kind) layers.push({ kind, name: `pool_${block}`, size: [2, 2], strides: [2, 2], padding: "valid" });
  }
  layers.push({ kind: "Flatten", name: "flatten" });
  for (let i = 1; i <= hidden; i++) layers.push({ kind: "Dense", name: `hidden_${i}`, units: 32, activation });
  layers.push({ kind: "Dropout", name: "dropout", rate: dropout });
  layers.push({ kind: "Dense", name: "answer", units: classes, activation: "softmax" });
  return layers;
}

/** Numbers from 0 to n - 1 in an order that is the same for the same random numbers. */
function shuffled(n, random) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The labels to learn, a share of them wrong, and which those are. */
function withWrongLabels(labels, share, random) {
  const given = Uint8Array.from(labels);
  const wrong = shuffled(labels.length, random).subarray(0, Math.round(share * labels.length));
  for (const i of wrong) given[i] = (given[i] + 1 + Math.floor(random() * 9)) % 10;
  return { given, wrong: new Set(wrong) };
}

/** The same network with numbers of its own for batches, so that looking disturbs no training. */
function sameWeights(network) {
  return { ...network, layers: network.layers.map(({ weights, gradients, ...layer }) => ({ ...layer, weights, gradients, count: 0 })) };
}

function largest(answers, at, n) {
  let best = at;
  for (let i = at + 1; i < at + n; i++) if (answers[i] > answers[best]) best = i;
  return best - at;
}

/** A network and its data: one step of learning, and one part of an examination. */
function makeTraining(settings, { pixels, labels, train, validation }) {
  const random = randomNumbers(settings.seed + 1); // order and labels; the network has its own
  const side = 28, area = side * side;
  const count = Math.min(settings.examples, train);
  const network = makeNetwork({ input: [side, side, 1], layers: layersOf(settings), seed: settings.seed });
  const looking = sameWeights(network);
  const { given, wrong } = withWrongLabels(labels.subarray(0, count), settings.wrong_labels, random);
  const sums = { loss: 0, right: 0, seen: 0, steps: 0 };
  const training = { settings, network, count, wrong: wrong.size, learnedByHeart: 0, steps: 0, epochs: 0, place: 0, broken: "", examined: -1 };
  let order = shuffled(count, random);
  let byHeart = 0;

  const pictures = (indices) => {
    const images = new Float32Array(indices.length * area);
    indices.forEach((from, i) => images.set(pixels.subarray(from * area, (from + 1) * area), i * area));
    return images;
  };
  const pace = () => Math.max(1, Math.round(count / settings.batch_size / PACE));

  function step() {
    const chosen = order.subarray(training.place, training.place + settings.batch_size);
    const { rate, decay, optimiser } = settings;
    const { loss, right } = trainStep(network, pictures([...chosen]), Array.from(chosen, (i) => given[i]), { rate, decay, optimiser });
    const answers = network.layers.at(-1).y;
    chosen.forEach((from, i) => (byHeart += wrong.has(from) && largest(answers, i * 10, 10) === given[from]));
    training.steps += 1;
    training.place += chosen.length;
    sums.loss += loss * chosen.length;
    sums.right += right;
    sums.seen += chosen.length;
    sums.steps += 1;
    if (!Number.isFinite(loss)) training.broken = "loss";
    if (training.place >= count) {
      training.epochs += 1;
      training.place = 0;
      training.learnedByHeart = byHeart;
      byHeart = 0;
      order = shuffled(count, random);
    }
    return chosen.length;
  }
  return Object.assign(training, {
    step,
    /** Epochs so far, with a part of the one under way. */
    at: () => training.epochs + training.place / count,
    /** What was learned since the last point of the curve, where it is time for one. */
    point(now = false) {
      if (!sums.steps || (sums.steps < pace() && !now)) return null;
      const point = [training.at(), sums.loss / sums.seen, sums.right / sums.seen];
      Object.assign(sums, { loss: 0, right: 0, seen: 0, steps: 0 });
      return point;
    },
    /** Epochs between examinations: those of 100 pictures are over at once. */
    every: Math.max(1, Math.floor(validation / count)),
    /** The answers to some pictures of the validation set, one after the other. */
    answer(from, to) {
      const indices = Array.from({ length: to - from }, (_, i) => train + from + i);
      return forward(looking, pictures(indices), to - from);
    },
    /** One picture of it: probabilities, and what the first convolution makes of it. */
    look(index) {
      const probabilities = Float32Array.from(training.answer(index, index + 1));
      const conv = looking.layers.find((layer) => layer.kind === "Conv2D");
      return { index, probabilities, maps: conv ? Float32Array.from(conv.y) : null, shape: conv?.output ?? [] };
    },
    /** The weights that the pictures meet first: what can be looked at. */
    kernels() {
      const first = network.layers.find((layer) => layer.learns);
      return Float32Array.from(first.weights[0]);
    },
    /** Of each layer that learns, the mean size of its kernel's gradient in the last step. */
    gradients: () => network.layers.filter((layer) => layer.learns).map(({ gradients: [kernel] }) =>
      (training.steps ? kernel.reduce((sum, value) => sum + Math.abs(value), 0) / kernel.length : 0)),
    told: () => ({
      input: network.input,
      layers: network.layers.map(({ kind, name, activation, filters, units, size, strides, padding, rate, scale, offset, weights, input, output }) =>
        ({ kind, name, activation, filters, units, size, strides, padding, rate, scale, offset, shapes: kernelShapes(kind, size, input, output, weights) })),
      dtype: "float32",
      weights: tellWeights(network),
    }),
    labelOf: (index) => labels[train + index],
    validation,
  });
}

/** Shapes of the weights of a layer, as Keras has them. */
function kernelShapes(kind, size, input, output, weights) {
  if (!weights.length) return [];
  return [[...(kind === "Conv2D" ? size : []), input.at(-1), output.at(-1)], [output.at(-1)]];
}

/** The examination: all pictures of the validation set, in parts. */
function makeExam(training) {
  const answers = new Uint8Array(training.validation);
  const sure = new Float32Array(training.validation);
  let at = 0, loss = 0, right = 0;
  return {
    /** One more part; the result when it was the last. */
    part() {
      const to = Math.min(at + CHUNK, training.validation);
      const found = training.answer(at, to);
      for (let i = at; i < to; i++) {
        const from = (i - at) * 10;
        answers[i] = largest(found, from, 10);
        sure[i] = found[from + answers[i]];
        const own = found[from + training.labelOf(i)];
        loss -= Math.log(Math.max(own, 1e-7)); // a cut, as Keras has it; NaN stays NaN
        right += answers[i] === training.labelOf(i);
      }
      at = to;
      if (at < training.validation) return null;
      training.examined = training.steps;
      return { answers, sure, point: [training.at(), loss / at, right / at] };
    },
  };
}

/**
 * What hears messages and does the work, a little at a time. tell(report) sends one, later(f)
 * calls f when others had their turn, budget says for how many milliseconds it may keep them.
 *
 * Messages: {data, name}, {begin: settings, id, data: name, look}, {change: settings}, {learn: steps},
 * {epoch: true}, {look: index}, {weights: true}.
 */
function makeLearner(tell, later, budget) {
  const data = new Map();
  let training = null, exam = null, left = 0, waiting = false;
  let report = {}, last = -Infinity, chosen = 0;
  const speed = { digits: 0, spent: 0 };
  const busy = () => exam !== null || left > 0;

  function beginExam() {
    if (training.examined !== training.steps) exam ??= makeExam(training);
  }
  /** One batch, or one part of an examination. */
  function work() {
    if (exam) {
      const result = exam.part();
      if (!result) return;
      exam = null;
      (report.validation ??= []).push(result.point);
      Object.assign(report, { answers: result.answers, sure: result.sure });
      return;
    }
    const start = performance.now();
    speed.digits += training.step();
    speed.spent += performance.now() - start;
    left -= 1;
    const point = training.point(left === 0 || training.broken !== "" || training.place === 0);
    if (point) (report.points ??= []).push(point);
    if (training.broken) left = 0;
    if (left === 0 || (training.place === 0 && training.epochs % training.every === 0)) beginExam();
  }
  function tellAll() {
    last = performance.now();
    const { steps, broken, learnedByHeart, wrong, id, count } = training;
    tell({ ...report, id, steps, count, epochs: training.at(), learning: left > 0, busy: busy(), broken, learnedByHeart, wrong,
      kernels: training.kernels(), gradients: training.gradients(), look: training.look(chosen),
      speed: speed.spent > 0 ? (1000 * speed.digits) / speed.spent : 0 });
    report = {};
    if (speed.spent > 1500) Object.assign(speed, { digits: speed.digits / 2, spent: speed.spent / 2 });
  }
  function turn() {
    waiting = false;
    const end = performance.now() + budget;
    while (busy()) {
      work();
      if (performance.now() >= end) break;
    }
    if (!busy() || performance.now() - last > 100) tellAll();
    goOn();
  }
  function goOn() {
    if (!busy() || waiting) return;
    waiting = true;
    later(turn);
  }

  return function hear(message) {
    if (message.data && message.name) data.set(message.name, message.data);
    if (message.begin) {
      training = Object.assign(makeTraining({ ...message.begin }, data.get(message.begin.data)), { id: message.id });
      Object.assign(speed, { digits: 0, spent: 0 });
      [exam, report, left, last] = [null, {}, 0, -Infinity];
      beginExam();
    }
    if (!training) return;
    if (message.change) {
      Object.assign(training.settings, message.change);
      for (const layer of training.network.layers) if (layer.kind === "Dropout") layer.rate = training.settings.dropout;
    }
    if ("learn" in message) left = training.broken ? 0 : message.learn;
    if (message.epoch && !training.broken) left = Math.ceil((training.count - training.place) / training.settings.batch_size);
    if (message.learn === 0) beginExam();
    if ("look" in message) chosen = message.look;
    if (message.weights) tell({ id: training.id, told: training.told(), steps: training.steps });
    if ("look" in message || message.learn === 0) tellAll();
    goOn();
  };
}
