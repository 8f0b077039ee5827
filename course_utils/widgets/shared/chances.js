// Probabilities as bars.

/** A bar for each class, the largest marked; best is null where there is no answer. */
function chanceBars(nameOf = String, nothing = "draw a digit") {
  const says = h("div", { class: "cx-says" });
  const chances = Array.from({ length: 10 }, () => {
    const [name, fill, text] = [h("span"), h("i"), h("span")];
    const element = h("div", { class: "cx-chance", "aria-hidden": "true" }, name, h("div", { class: "cx-bar" }, fill), text);
    return { element, name, fill, text };
  });
  const bars = h("div", { role: "img" }, ...chances.map((one) => one.element));
  return {
    elements: [says, bars],
    update({ probabilities, best, empty, late }) {
      bars.classList.toggle("cx-old", late);
      chances.forEach(({ element, name, fill, text }, kind) => {
        const value = probabilities[kind] ?? 0;
        element.classList.toggle("cx-best", kind === best);
        name.textContent = nameOf(kind);
        fill.style.width = `${100 * value}%`;
        text.textContent = best === null ? "" : `${Math.round(100 * value)} %`;
      });
      if (best === null) says.replaceChildren(empty ? nothing : "\u2013");
      else says.replaceChildren("it says ", h("b", {}, nameOf(best)));
      bars.setAttribute("aria-label", best === null ? "No answer" : `The network says ${Array.from(probabilities, (p, kind) => `${nameOf(kind)}: ${Math.round(100 * p)} %`).join(", ")}`);
    },
  };
}
