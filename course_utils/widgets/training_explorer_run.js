// TrainingExplorer: one training as the page sees it, and the talk with who does it.

// What can be turned while it learns; all else is another network, or other data.
const LIVE = ["optimiser", "rate", "batch_size", "decay", "dropout"];
const NEWS = ["data", "examples", "wrong_labels", "blocks", "filters", "kernel_size", "pooling", "hidden", "activation", "seed"];
const SETTINGS = [...NEWS, ...LIVE];

const plainNumber = (value) => Number(value.toPrecision(2)).toString().replace("e-", "\u00b710^\u2212");
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Pictures and labels of the data sets, unpacked when they are first needed. */
function makeData(model) {
  const kept = new Map();
  async function unpack(name) {
    const { labels, train, classes } = model.get("_sets")[name];
    const stream = new Blob([asBytes(model.get(`_${name}`))]).stream().pipeThrough(new DecompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const pixels = new Uint8Array(2 * packed.length);
    packed.forEach((two, i) => ((pixels[2 * i] = 17 * (two >> 4)), (pixels[2 * i + 1] = 17 * (two & 15))));
    const numbers = Uint8Array.from(labels, Number);
    return { pixels, labels: numbers, train, validation: numbers.length - train, classes };
  }
  return (name) => {
    if (!kept.has(name)) kept.set(name, unpack(name));
    return kept.get(name);
  };
}

/** What is known of a network that has not learned yet. */
const untouched = () => ({ steps: 0, epochs: 0, count: 0, speed: 0, busy: true, learning: false, broken: "", wrong: 0, learnedByHeart: 0, kernels: null, gradients: [], look: null });

/**
 * The training: begins anew when the state asks for another network, turns what can be turned
 * while it learns. changed() is called when there is something new to draw.
 */
function makeRun(model, state, changed, say) {
  const dataOf = makeData(model);
  const engine = networkEngine();
  const run = { used: null, id: 0, playing: false, shown: true, data: null, points: [], validation: [], events: [], answers: null, sure: null, now: untouched(), layers: [] };
  const learner = startLearner(hear);
  const known = new Set();
  let lastTold = -Infinity;

  const wanted = () => Object.fromEntries(SETTINGS.map((name) => [name, state.get(name)]));
  const learn = (steps) => learner.send({ learn: steps });

  async function begin() {
    const id = (run.id += 1);
    Object.assign(run, { points: [], validation: [], events: [], answers: null, sure: null, now: untouched() });
    run.layers = engine.makeNetwork({ input: [28, 28, 1], layers: engine.layersOf(run.used), seed: 1 }).layers;
    const settings = { ...run.used };
    let data;
    try {
      data = await dataOf(settings.data);
    } catch (error) {
      run.now.broken = `the pictures cannot be unpacked here (${error.message}); a newer browser can`;
      return changed();
    }
    if (id !== run.id) return; // others were wanted meanwhile
    run.data = data;
    const { pixels, labels, train, validation } = data;
    if (!known.has(settings.data)) learner.send({ name: settings.data, data: { pixels, labels, train, validation } });
    known.add(settings.data);
    learner.send({ begin: settings, id, data: settings.data, look: state.get("picture") });
    if (run.playing && run.shown) learn(Infinity);
  }

  function hear({ told, ...report }) {
    if (report.id !== run.id) return;
    if (told) return state.set("_learned", { ...told, steps: (run.told = report.steps) });
    const { points = [], validation = [], answers, sure, ...now } = report;
    run.points.push(...points);
    run.validation.push(...validation);
    if (answers) Object.assign(run, { answers, sure });
    run.now = now;
    if (now.broken) run.playing = false;
    if (!now.busy || (validation.length && performance.now() - lastTold > 3000)) tellKernel();
    if (validation.length) say(`epoch ${format(now.epochs)}: ${percent(validation.at(-1)[2])} of the validation pictures right`);
    changed();
  }
  function tellKernel() {
    lastTold = performance.now();
    const thin = (points) => points.filter((_, i) => i % Math.ceil(points.length / 200) === 0 || i === points.length - 1);
    const finite = (points) => thin(points).map((point) => point.map((value) => (Number.isFinite(value) ? value : null)));
    state.set("progress", { steps: run.now.steps, training: finite(run.points), validation: finite(run.validation) });
    if (model.widget_manager && run.now.steps) tellWeights();
  }

  const tellWeights = () => learner.send({ weights: true });

  return Object.assign(run, {
    tellWeights,
    where: learner.where,
    learning: () => run.playing || run.now.learning,
    /** Do what the state asks for; returns what has changed. */
    follow() {
      const next = wanted();
      const news = SETTINGS.filter((name) => next[name] !== run.used?.[name]);
      if (!news.length) return news;
      const first = run.used === null;
      run.used = next;
      if (first || news.some((name) => NEWS.includes(name))) begin();
      else {
        learner.send({ change: Object.fromEntries(news.map((name) => [name, next[name]])) });
        if (run.now.steps) run.events.push([run.now.epochs, news.map((name) => `${name.replace("_", " ")} ${next[name]}`).join(", ")]);
      }
      return first ? [] : news;
    },
    anew: () => begin(),
    async play() {
      run.playing = true;
      if (run.now.broken) await begin();
      else learn(Infinity);
      changed();
    },
    pause() {
      run.playing = false;
      learn(0);
      changed();
    },
    step() {
      run.playing = false;
      learn(1);
    },
    epoch() {
      run.playing = false;
      learner.send({ epoch: true });
    },
    look: (index) => learner.send({ look: index }),
    /** Nobody looks: it rests. */
    seen(shown) {
      if (shown === run.shown) return;
      run.shown = shown;
      if (run.playing) learn(shown ? Infinity : 0);
    },
    learn,
    stop: learner.stop,
  });
}

/** What goes wrong, in a sentence; "" where nothing does. */
function troubleOf({ now, used, points, validation, answers, data, layers }) {
  if (now.broken === "loss") {
    return `The loss is no longer a number: with the rate ${plainNumber(used.rate)} the weights have exploded. Take a smaller learning rate; \u25b6 then begins anew.`;
  }
  if (now.broken) return `Nothing can be learned: ${now.broken}.`;
  const [, loss = 0, share = 0] = points.at(-1) ?? [];
  const [, , outside = 0] = validation.at(-1) ?? [];
  const [first, last] = [now.gradients[0], now.gradients.at(-1)];
  const lowest = layers.find((layer) => layer.learns).name;
  if (now.steps >= 20 && first === 0) {
    return `Nothing comes back to ${lowest}: its units are dead, they give 0 for every picture. Take a smaller learning rate and begin anew.`;
  }
  if (now.steps >= 60 && loss > 2.2 && first < last / 300) {
    return `The gradient in ${lowest} is ${Math.round(last / first).toLocaleString("en")} times smaller than in the last layer: it vanishes on its way through the ${used.activation} layers.`;
  }
  if (now.steps >= 20 && loss > 2.6) return `Worse than guessing (a loss of 2.30): the steps are too large. Take a smaller learning rate.`;
  if (now.steps >= 60 && answers && answers.every((answer) => answer === answers[0])) {
    return `It answers \u201c${data.classes[answers[0]]}\u201d to every picture: it has learned nothing that tells them apart.`;
  }
  if (now.steps >= 60 && loss > 2) return "It hardly learns: a loss of 2.30 is guessing. Are the steps too small?";
  if (used.wrong_labels && now.epochs >= 1) {
    return `Of ${now.wrong.toLocaleString("en")} wrong labels it gives back ${now.learnedByHeart.toLocaleString("en")}, as it was taught: so many it knows by heart.`;
  }
  if (now.epochs >= 2 && share - outside > 0.08) return `It knows its own pictures (${percent(share)}) better than others (${percent(outside)}): it overfits.`;
  return "";
}
