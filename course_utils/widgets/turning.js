// TurningExplorer: a picture is turned, and networks say what they take it for.

function render({ model, el }) {
  const state = makeState(model, () => redraw());
  const view = frame(el, "turning", "Turning explorer", () => state.changed());
  const pixels = asBytes(model.get("_pixels"));
  const answers = asFloats(model.get("_answers"));
  const { pictures, methods, classes, angles, side } = model.get("_axes");

  const at = () => Math.max(0, angles.indexOf(state.get("angle")));
  const step = angles[1] - angles[0];
  const controls = [
    chooser("picture", () => pictures.map((name) => [name, name]), () => state.get("picture"), (name) => state.set("picture", name)),
    slider("angle", {
      limits: () => ({ min: angles[0], max: angles.at(-1), step }),
      get: () => state.get("angle"),
      set: (angle) => state.set("angle", angle),
      text: (angle) => `${format(angle)}°`,
    }),
  ];
  const map = pixelMap("the picture");
  const spoken = announcer();
  const panels = methods.map((name) => {
    const bars = classes.map(() => h("i"));
    const numbers = classes.map(() => h("b"));
    const rows = classes.map((label, k) => h("div", { class: "cx-answer-row" }, h("span", {}, label), h("div", { class: "cx-track" }, bars[k]), numbers[k]));
    const note = h("p", { class: "cx-note" });
    const element = h("div", { class: "cx-panel" }, h("span", { class: "cx-title" }, name), h("div", { "aria-hidden": "true" }, ...rows), note);
    return { element, bars, numbers, note };
  });
  view.root.append(
    h("div", { class: "cx-row" }, ...controls.map((control) => control.element)),
    h("div", { class: "cx-turned" }, h("div", { class: "cx-panel" }, map.element), ...panels.map((panel) => panel.element)),
    spoken,
  );

  function redraw() {
    const picture = Math.max(0, pictures.indexOf(state.get("picture")));
    const start = (picture * angles.length + at()) * side * side;
    map.draw({ w: side, h: side, colour: (i, j) => gray(pixels[start + i * side + j] / 255) });
    map.describe(`${pictures[picture]}, turned by ${angles[at()]} degrees`);
    const said = panels.map(({ bars, numbers, note }, m) => {
      const from = ((m * pictures.length + picture) * angles.length + at()) * classes.length;
      const shares = answers.subarray(from, from + classes.length);
      const best = shares.indexOf(Math.max(...shares));
      bars.forEach((bar, k) => {
        bar.style.width = `${100 * shares[k]}%`;
        bar.className = k === best ? "cx-best" : "";
        numbers[k].textContent = shares[k] >= 0.005 ? `${Math.round(100 * shares[k])} %` : "";
      });
      const entropy = -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
      note.textContent = `says ${classes[best]}; entropy ${entropy.toFixed(2)}`;
      return `${methods[m]} ${note.textContent}`;
    });
    spoken.textContent = said.join(". ");
    for (const control of controls) control.update();
  }

  view.root.explorer = { said: () => spoken.textContent };
  redraw();
  return () => (state.stop(), view.stop());
}

export default { render };
