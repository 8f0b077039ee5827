// Brings explorers to life where there is no kernel: a stand-in for the Jupyter model
// around the state that is stored in the page.

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Map();
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const event of [`change:${name}`, "change"]) {
      for (const listener of this.listeners.get(event) ?? []) listener();
    }
  }
  on(event, listener) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }
  off(event, listener) {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => one !== listener));
  }
  save_changes() {} // there is nobody to tell
  send() {}
}

const { models: stored, texts } = JSON.parse(document.getElementById("widgets").textContent);

/** Bytes are told by the place of their text. */
function decode(value) {
  if (typeof value?.base64 !== "number") return value;
  return new DataView(Uint8Array.from(atob(texts[value.base64]), (letter) => letter.charCodeAt(0)).buffer);
}

const addresses = new Map(
  [...new Set(Object.values(stored).map(({ _esm }) => _esm))]
    .map((place) => [place, URL.createObjectURL(new Blob([texts[place]], { type: "text/javascript" }))]),
);
for (const text of new Set(Object.values(stored).map(({ _css }) => texts[_css]))) {
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
}

const models = new Map();
for (const element of document.querySelectorAll("div.explorer")) {
  const { _esm, _css, ...traits } = stored[element.dataset.model];
  const module = (await import(addresses.get(_esm))).default;
  let model = models.get(element.dataset.model); // one model may be shown more than once
  if (!model) {
    model = new Model(Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, decode(value)])));
    models.set(element.dataset.model, model);
    await module.initialize?.({ model });
  }
  element.model = model;
  element.replaceChildren(); // a picture stood in for it
  await module.render({ model, el: element });
  element.dataset.alive = "yes";
}
dispatchEvent(new Event("alive"));
