// TrainingExplorer: its controls, and the settings in the address of an exported page.

const TEXTS = {
  examples: (n) => n.toLocaleString("en"),
  kernel_size: (n) => `${n}\u00d7${n}`,
  wrong_labels: (share) => `${Math.round(100 * share)} %`,
  rate: plainNumber,
};
// What a control is called where its trait's name is not the best word.
const NAMES = { examples: "examples", wrong_labels: "wrong labels", kernel_size: "kernel", hidden: "dense layers", batch_size: "batch", decay: "weight decay" };
const LISTS = ["data", "pooling", "activation", "optimiser"];

/** A control for one setting: a list of words, or steps from number to number. */
function settingControl(name, state, choices) {
  const label = NAMES[name] ?? name;
  const get = () => state.get(name);
  const set = (value) => state.set(name, value);
  if (LISTS.includes(name)) return chooser(label, () => choices[name].map((value) => [value, value]), get, set);
  const values = choices[name];
  const nearest = () => values.reduce((best, value, i, all) => (Math.abs(value - get()) < Math.abs(all[best] - get()) ? i : best), 0);
  return stepper(label, { min: 0, max: values.length - 1, get: nearest, set: (i) => set(values[i]), text: () => (TEXTS[name] ?? String)(get()) });
}

/** The learning rate, which is turned most: a slider over powers of ten. */
function rateControl(state, rates) {
  const nearest = () => rates.reduce((best, rate, i) => (Math.abs(Math.log(rate / state.get("rate"))) < Math.abs(Math.log(rates[best] / state.get("rate"))) ? i : best), 0);
  return slider("learning rate", {
    limits: () => ({ min: 0, max: rates.length - 1, step: 1 }),
    get: nearest,
    set: (i) => state.set("rate", rates[i]),
    text: () => plainNumber(state.get("rate")),
  });
}

/** A list of presets; "own settings" when none fits. */
function presetControl(state, presets) {
  const same = (preset) => SETTINGS.every((name) => preset[name] === state.get(name));
  const now = () => Object.keys(presets).find((name) => same(presets[name])) ?? "";
  const options = () => [...Object.keys(presets).map((name) => [name, name]), ...(now() ? [] : [["", "own settings"]])];
  return chooser("try", options, now, (name) => {
    for (const [setting, value] of Object.entries(presets[name] ?? {})) state.set(setting, value);
  });
}

/** Every setting, in two groups: what begins a new network, what can be turned on the way. */
function settingsPanel(state, choices) {
  const controls = SETTINGS.filter((name) => name !== "rate" && name !== "seed").map((name) => [name, settingControl(name, state, choices)]);
  const group = (title, names) => h("div", { class: "cx-row te-group", role: "group", "aria-label": title },
    h("span", { class: "te-groupname" }, title), ...controls.filter(([name]) => names.includes(name)).map(([, control]) => control.element));
  const summary = h("summary");
  const element = h("details", { class: "te-settings" }, summary, group("begins anew:", NEWS), group("while it learns:", LIVE));
  return {
    element,
    update() {
      for (const [, control] of controls) control.update();
      const get = state.get;
      summary.textContent = `settings: ${get("data")}, ${TEXTS.examples(get("examples"))} examples; ${get("blocks")} blocks, ${get("filters")} filters ${TEXTS.kernel_size(get("kernel_size"))}, ${get("activation")}; ${get("optimiser")}`;
    },
  };
}

/** Play, and what else a training can be told. */
function runButtons(run, state) {
  const play = button("\u25b6 Play", "Learn until stopped", () => (run.learning() ? run.pause() : run.play()));
  play.classList.add("cx-primary", "te-play");
  const step = button("Step", "Learn from one batch", run.step);
  const epoch = button("Epoch", "Learn to the end of the epoch", run.epoch);
  const anew = button("New", "Begin anew with the same first weights and the same order", run.anew);
  const other = button("Other seed", "Begin anew with other first weights and another order", () => state.set("seed", state.get("seed") + 1));
  const speed = h("span", { class: "te-status" });
  return {
    elements: [play, step, epoch, anew, other],
    speed,
    update() {
      const { now } = run;
      const learning = run.learning();
      play.textContent = learning ? "\u2016 Pause" : "\u25b6 Play";
      play.setAttribute("aria-label", learning ? "Pause" : "Play: learn until stopped");
      play.title = learning ? "Pause" : "Learn until stopped";
      const blocked = Boolean(now.broken);
      step.disabled = epoch.disabled = blocked || run.playing;
      const pace = now.speed ? `, ${Math.round(now.speed).toLocaleString("en")} digits a second` : "";
      const unit = state.get("data") === "digits" ? pace : pace.replace("digits", "pictures");
      speed.textContent = now.steps ? `epoch ${format(now.epochs)}, step ${now.steps.toLocaleString("en")}, seed ${state.get("seed")}${unit}` : `not learned yet, seed ${state.get("seed")}`;
    },
  };
}

/** What kind a setting is, so that an address cannot bring in anything else. */
function readSetting(name, text, choices) {
  if (name === "rate") return Number(text) > 0 && Number(text) <= 100 ? Number(text) : undefined;
  if (name === "seed") return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return choices[name]?.find((value) => String(value) === text);
}

/** The settings in an address such as #training1=filters:8,rate:0.002 or #/4/1&training1=... */
function addressSettings(address, number, choices) {
  const found = new RegExp(`[#&]training${number}=([^&]*)`).exec(address);
  const pairs = (found ? decodeURIComponent(found[1]) : "").split(",").map((pair) => pair.split(":"));
  return Object.fromEntries(pairs.map(([name, text]) => [name, readSetting(name, text, choices)]).filter(([name, value]) => SETTINGS.includes(name) && value !== undefined));
}

/** A link to this page with these settings; on a deck, to this slide. */
function linkButton(state, root, number, say) {
  return button("Copy link", "Put these settings into the address of this page, and copy it", async () => {
    const told = `training${number}=${SETTINGS.map((name) => `${name}:${state.get(name)}`).join(",")}`;
    const section = root.closest(".slides section");
    const at = section && window.Reveal?.getIndices(section);
    const address = new URL(location.href);
    address.hash = at ? `/${at.h}/${at.v ?? 0}&${told}` : told;
    history.replaceState(history.state, "", address);
    const copied = await navigator.clipboard?.writeText(address.href).then(() => true, () => false);
    say(copied ? "The link with these settings is copied." : "The address of this page holds these settings now: copy it.", true);
  });
}
