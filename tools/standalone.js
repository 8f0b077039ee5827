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

function decode(value) {
  if (typeof value?.base64 !== "string") return value;
  return new DataView(Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)).buffer);
}

for (const element of document.querySelectorAll("div.explorer")) {
  const stored = JSON.parse(element.nextElementSibling.textContent);
  const state = Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, decode(value)]));
  const style = document.createElement("style");
  style.textContent = state._css ?? "";
  document.head.append(style);
  const address = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
  const module = (await import(address)).default;
  const model = new Model(state);
  element.model = model;
  await module.initialize?.({ model });
  await module.render({ model, el: element });
  element.dataset.alive = "yes";
}
