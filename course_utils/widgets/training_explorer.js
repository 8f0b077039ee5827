// TrainingExplorer: a network is shaped, learns in the page, and is watched and looked into.

/** Its own number among its kind on a page: links name it. */
const numberOf = (root) => [...document.querySelectorAll(".cx-training-explorer")].indexOf(root) + 1;

/** What is said aloud at most every few seconds, and what is said at once. */
function makeSpeaker() {
  const spoken = announcer();
  let last = -Infinity;
  return {
    element: spoken,
    say(words, now = false) {
      if (!now && performance.now() - last < 5000) return;
      last = performance.now();
      spoken.textContent = words;
    },
  };
}

/** Draws only where one of the values is another than at the last call. */
function whenChanged(draw) {
  let last = [];
  return (...values) => {
    if (last.length && values.every((value, i) => Object.is(value, last[i]))) return;
    last = values;
    draw();
  };
}

function render({ model, el }) {
  const state = makeState(model, () => redraw());
  let look = 0; // how often the ground or the room have changed
  const view = frame(el, "training-explorer", "Training explorer", () => ((look += 1), state.changed()));
  const { root } = view;
  const choices = model.get("_choices");
  const speaker = makeSpeaker();
  const note = h("div", { class: "cx-note te-note" });
  let notice = "";
  const say = (words, now = false) => {
    if (now) (notice = words), state.changed();
    speaker.say(words, now);
  };

  const alone = !model.widget_manager; // an exported page or deck: it has an address of its own
  if (alone) {
    const address = window.openedAt ?? location.hash;
    const asked = addressSettings(address, numberOf(root), choices);
    for (const [name, value] of Object.entries(asked)) state.set(name, value);
    if (Object.keys(asked).length) requestAnimationFrame(() => root.scrollIntoView({ block: "start" }));
  }
  const run = makeRun(model, state, () => state.changed(), say);
  const choose = (index) => (state.set("picture", index), run.look(index));

  const controls = [presetControl(state, model.get("_presets")), rateControl(state, choices.rate)];
  const buttons = runButtons(run, state);
  const settings = settingsPanel(state, choices);
  const strip = networkStrip();
  const curves = curvePanel();
  const inside = insidePanel(state, run, choose);
  const errors = errorPanel(state, run, choose);
  const panel = (title, name, ...children) => h("div", { class: `te-panel te-${name}`, role: "group", "aria-label": title }, ...children);
  root.append(
    h("div", { class: "cx-row te-top" }, controls[0].element, h("div", { class: "cx-control", role: "group", "aria-label": "training" }, ...buttons.elements),
      controls[1].element, ...(alone ? [linkButton(state, root, numberOf(root), say)] : [])),
    settings.element,
    h("div", { class: "te-middle" }, strip.element, h("div", { class: "te-words" }, buttons.speed, note)),
    h("div", { class: "te-panels" },
      panel("loss and accuracy", "learning", ...curves.elements),
      panel("inside the network", "inside", ...inside.elements),
      panel("mistakes", "errors", ...errors.elements)),
    speaker.element);

  // While it learns there is news ten times a second, and not for all of them.
  const drawStrip = whenChanged(() => strip.update(run));
  const drawCurves = whenChanged(() => curves.update(run));
  const drawInside = whenChanged(inside.update);
  const drawErrors = whenChanged(errors.update);
  let narrow = null, labelled = null, broken = "";
  /** On a telephone the settings are folded away; elsewhere there is room for them. */
  function fold() {
    const now = root.clientWidth < 760;
    if (now !== narrow) settings.element.open = !(narrow = now);
  }
  function redraw() {
    fold();
    const most = choices.most[state.get("data")];
    if (state.get("examples") > most) state.set("examples", most);
    const news = run.follow();
    if (news.some((name) => NEWS.includes(name))) {
      say(`A new network: ${news.map((name) => `${NAMES[name] ?? name} ${(TEXTS[name] ?? String)(state.get(name))}`).join(", ")}.`, true);
    } else if (news.length) notice = "";
    if (run.now.steps > 3 && notice.startsWith("A new")) notice = "";
    for (const control of [...controls, buttons, settings]) control.update();
    const { now, layers, data, answers, points, validation, events, used } = run;
    const picture = state.get("picture");
    drawStrip(look, now.gradients, layers, used);
    drawCurves(look, now.epochs, points, points.length, validation.length, events.length);
    drawInside(look, now, layers, data, picture);
    drawErrors(look, answers, data, picture, errors.chosen());
    if (run.data && labelled !== run.data) errors.relabel((labelled = run.data));
    const trouble = troubleOf(run);
    note.textContent = notice || trouble;
    note.classList.toggle("te-trouble", !notice && trouble !== "");
    if (run.now.broken && !broken) speaker.say(trouble, true);
    broken = run.now.broken;
  }

  const watcher = new IntersectionObserver((entries) => run.seen(entries.at(-1).isIntersecting));
  watcher.observe(root);
  root.explorer = { run }; // what tests and the curious can read
  redraw();
  return () => {
    watcher.disconnect();
    run.stop();
    state.stop();
    view.stop();
  };
}

export default { render };
