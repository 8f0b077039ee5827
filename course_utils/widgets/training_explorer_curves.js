// TrainingExplorer: loss and accuracy, and the network as a row of its layers.

const AREA = { width: 380, height: 156, left: 38, right: 8, top: 20, bottom: 24 };

/** At most `most` points: each the mean of its neighbours. */
function thinned(points, most = 240) {
  const by = Math.ceil(points.length / most);
  if (by === 1) return points;
  return Array.from({ length: Math.ceil(points.length / by) }, (_, i) => {
    const some = points.slice(i * by, (i + 1) * by);
    return some[0].map((_, k) => some.reduce((sum, point) => sum + point[k], 0) / some.length);
  });
}

/** Round numbers between 0 and the largest. */
function ticksTo(high) {
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((one) => high / one <= 5) ?? 20;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => Number((i * step).toFixed(2)));
}

/** The scale of the loss: what comes after the first epochs fills it. */
function highestLoss({ points, validation }) {
  const late = (all) => all.slice(Math.floor(all.length / 8)).map((point) => point[1]).filter(Number.isFinite);
  const values = [...late(points), ...late(validation)];
  return values.length ? clamp(1.08 * Math.max(...values), 0.2, 20) : 2.5;
}

function drawCurve({ name, column, high, ticks }, run) {
  const { width, height, left, right, top, bottom } = AREA;
  const long = Math.max(1, run.now.epochs);
  const x = (epoch) => left + ((width - left - right) * epoch) / long;
  const y = (value) => top + ((height - top - bottom) * (high - clamp(value, 0, high))) / high;
  const finite = (points) => points.filter((point) => Number.isFinite(point[column]));
  const line = (points) => points.map((point) => `${x(point[0]).toFixed(1)},${y(point[column]).toFixed(1)}`).join(" ");
  const [training, validation] = [thinned(finite(run.points)), thinned(finite(run.validation))];
  const latest = (points) => (points.length ? points.at(-1)[column].toFixed(3) : "none yet");
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${name} by epoch; latest: training ${latest(run.points)}, validation ${latest(run.validation)}`,
  });
  picture.append(svg("text", { x: left, y: 13, class: "te-name" }, name));
  picture.append(svg("text", { x: width - right, y: 13, "text-anchor": "end" }, `training ${latest(run.points)}, validation ${latest(run.validation)}`));
  for (const tick of ticks) {
    picture.append(
      svg("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: tick === 0.95 ? "te-goal" : "te-grid" }),
      svg("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
  }
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => long / one <= 8) ?? 1000;
  for (let epoch = 0; epoch <= long; epoch += step) picture.append(svg("text", { x: x(epoch), y: height - bottom + 14, "text-anchor": "middle" }, String(epoch)));
  picture.append(svg("text", { x: width - right, y: height - 1, "text-anchor": "end" }, "epochs"));
  for (const [at, text] of run.events.slice(-8)) {
    const mark = svg("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "te-event" });
    mark.append(svg("title", {}, text));
    picture.append(mark);
  }
  picture.append(
    svg("polyline", { points: line(training), class: "te-train" }),
    svg("polyline", { points: line(validation), class: "te-validation" }),
    ...(validation.length <= 40 ? validation.map((point) => svg("rect", { x: x(point[0]) - 3, y: y(point[column]) - 3, width: 6, height: 6, class: "te-dot" })) : []));
  return picture;
}

/** Both curves and what their colours mean. */
function curvePanel() {
  const place = h("div", { class: "te-curves" });
  const key = (kind, text) => h("span", { class: "te-key" }, svg("svg", { viewBox: "0 0 24 10", "aria-hidden": "true" }, svg("line", { x1: 0, x2: 24, y1: 5, y2: 5, class: `te-${kind}` })), text);
  const keys = h("div", { class: "te-keys" }, key("train", "training"), key("validation", "validation"), key("event", "a setting was turned"));
  return {
    elements: [place, keys],
    update(run) {
      const high = highestLoss(run);
      place.replaceChildren(
        drawCurve({ name: "loss", column: 1, high, ticks: ticksTo(high) }, run),
        drawCurve({ name: "accuracy", column: 2, high: 1, ticks: [0, 0.25, 0.5, 0.75, 0.95] }, run));
    },
  };
}

const KINDS = { Conv2D: "conv", MaxPooling2D: "max", AveragePooling2D: "average", Dense: "dense", Flatten: "flatten", Dropout: "dropout" };

/** Its layers from left to right: shapes, weights, and how large the gradient is in each. */
function networkStrip() {
  const element = h("div", { class: "te-strip", role: "list", "aria-label": "the network, layer by layer" });
  return {
    element,
    update({ layers, now, used }) {
      const shown = layers.filter(({ kind, rate }) => kind in KINDS && kind !== "Flatten" && (kind !== "Dropout" || used.dropout));
      const most = Math.max(...now.gradients, 1e-30);
      let learning = 0;
      const boxes = shown.map(({ kind, output, size, units, learns, weights }) => {
        const count = weights.reduce((sum, one) => sum + one.length, 0);
        const name = kind === "Conv2D" ? `conv ${size.join("\u00d7")}` : kind === "Dense" ? `dense ${units}` : kind === "Dropout" ? `dropout ${used.dropout}` : `${KINDS[kind]} 2\u00d72`;
        const gradient = learns ? now.gradients[learning++] ?? 0 : null;
        // Six powers of ten from an empty bar to a full one.
        const part = gradient > 0 ? clamp(1 + Math.log10(gradient / most) / 6, 0.02, 1) : 0;
        const words = `${name}, gives ${output.join(" by ")}` + (learns ? `, ${count.toLocaleString("en")} weights, mean gradient ${gradient ? gradient.toExponential(1) : 0}` : "");
        const bar = learns ? h("div", { class: "te-gradient" }, h("i", { style: `width: ${100 * part}%` })) : h("div", { class: "te-gradient te-none" });
        return h("div", { class: "te-layer", role: "listitem", "aria-label": words, title: words },
          h("b", {}, name), h("span", {}, output.join("\u00d7")), h("span", {}, learns ? count.toLocaleString("en") : "\u2013"), bar);
      });
      const total = layers.flatMap((layer) => layer.weights).reduce((sum, one) => sum + one.length, 0);
      element.replaceChildren(
        h("div", { class: "te-layer te-legend", role: "listitem" }, h("b", {}, "28\u00d728 pixels"), h("span", {}, "gives"), h("span", {}, "weights"), h("span", {}, "gradient")),
        ...boxes,
        h("div", { class: "te-layer te-total", role: "listitem" }, h("b", {}, "together"), h("span", {}, total.toLocaleString("en")), h("span", {}, "weights")));
    },
  };
}
