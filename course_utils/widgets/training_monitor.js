// Draws what Python tells; all numbers, also the axes, come from the kernel.

const AREA = { width: 480, height: 220, left: 52, right: 12, top: 26, bottom: 34 };

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const running = (phase) => ["preparing", "training", "validating"].includes(phase);

/**
 * The address that interrupts this kernel, or null where no Jupyter server made the page.
 * It is the call behind the square in JupyterLab's toolbar. A message to the widget would
 * not do: the kernel reads those only when the cell has ended.
 */
function interruptRequest(kernel) {
  const config = document.getElementById("jupyter-config-data");
  if (!config || !kernel) return null;
  const { baseUrl = "/", token } = JSON.parse(config.textContent);
  const cookie = document.cookie.match(/\b_xsrf=([^;]*)/);
  const headers = {};
  if (token) headers.Authorization = `token ${token}`;
  if (cookie) headers["X-XSRFToken"] = cookie[1];
  const address = `${baseUrl.replace(/\/?$/, "/")}api/kernels/${encodeURIComponent(kernel)}/interrupt`;
  return [address, { method: "POST", headers, credentials: "same-origin" }];
}

/** One metric over the epochs: a polyline that skips what is not a number, and its marks. */
function curve(values, kind, x, y) {
  const points = values.map((value, i) => [i + 1, value]).filter(([, value]) => value !== null);
  const marks = points.map(([i, value]) =>
    kind === "train"
      ? svg("circle", { cx: x(i), cy: y(value), r: 4, class: "tm-train-dot" })
      : svg("rect", { x: x(i) - 4, y: y(value) - 4, width: 8, height: 8, class: "tm-validation-dot" }),
  );
  const line = points.map(([i, value]) => `${x(i)},${y(value)}`).join(" ");
  return [svg("polyline", { points: line, class: `tm-${kind}` }), ...(points.length <= 40 ? marks : [])];
}

function drawPanel(panel, index, state) {
  const { width, height, left, right, top, bottom } = AREA;
  const epochs = running(state.phase) ? state.epochs : Math.max(1, state.history.loss?.length ?? 0);
  const x = (epoch) => left + ((width - left - right) * epoch) / (epochs + 0.15);
  const y = (value) => top + ((height - top - bottom) * (panel.high - value)) / (panel.high - panel.low);
  const train = state.history[panel.name] ?? [];
  const validation = state.history[`val_${panel.name}`] ?? [];
  const latest = (values) => (values.length ? Number(values.at(-1)).toPrecision(3) : "none yet");
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${panel.name} by epoch; latest: training ${latest(train)}, validation ${latest(validation)}`,
  });
  picture.append(svg("text", { x: left, y: 16, class: "tm-name" }, panel.name));
  for (const tick of panel.ticks) {
    picture.append(
      svg("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "tm-grid" }),
      svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick)),
    );
  }
  const step = Math.ceil(epochs / 10);
  for (let epoch = 0; epoch <= epochs; epoch += step) {
    picture.append(svg("text", { x: x(epoch), y: height - bottom + 16, "text-anchor": "middle" }, String(epoch)));
  }
  picture.append(svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, "epoch"));
  if (state.best_epoch !== null) {
    const at = x(state.best_epoch + 1);
    picture.append(svg("line", { x1: at, x2: at, y1: top, y2: height - bottom, class: "tm-best" }));
  }
  // The first batches are far above the rest and off the scale.
  const fits = (value) => value !== null && value >= panel.low && value <= panel.high;
  const batches = state.trace.filter((point) => fits(point[index + 1]));
  const trace = batches.map((point) => `${x(point[0])},${y(point[index + 1])}`).join(" ");
  picture.append(
    svg("polyline", { points: trace, class: "tm-batches" }),
    ...curve(train, "train", x, y),
    ...curve(validation, "validation", x, y),
  );
  return picture;
}

function progressText(state) {
  const { phase, epoch, epochs, batch, batches, seconds, seconds_left: left, best_epoch: best } = state;
  if (phase === "preparing") return "preparing the network \u2026";
  if (phase === "failed") return "ended with an error";
  if (!running(phase) && state.history.loss?.at(-1) === null) {
    return "ended: the loss is no longer a number; a smaller learning rate may help";
  }
  if (!running(phase)) {
    const word = phase === "done" ? "finished" : `stopped in epoch ${epoch}`;
    return `${word} after ${clock(seconds)}` + (best === null ? "" : `; weights of epoch ${best + 1} kept`);
  }
  const where = phase === "validating" ? "validating" : `batch ${batch}${batches ? ` of ${batches}` : ""}`;
  return `epoch ${epoch} of ${epochs}, ${where}` + (left === null ? "" : `, ${clock(left)} left`);
}

function resultText(state) {
  const at = state.best_epoch;
  if (at === null) return "";
  const number = (name) => Number(state.history[name][at]).toFixed(4);
  const accuracy = "val_accuracy" in state.history ? `, accuracy ${number("val_accuracy")}` : "";
  return `epoch ${at + 1}: validation loss ${number("val_loss")}${accuracy}`;
}

const NAMES = [
  "title", "phase", "epochs", "epoch", "batch", "batches", "seconds", "seconds_left",
  "history", "trace", "panels", "best_epoch", "kernel_id",
];

function render({ model, el }) {
  const { root, stop: release } = frame(el, "training-monitor", `Training of ${model.get("title")}`, () => {});
  const status = h("span", { class: "tm-status" });
  const bar = h("progress", { max: 1, "aria-label": "training progress" });
  const stop = button("", "Stop training after this batch and keep the best weights", press);
  stop.classList.add("tm-stop");
  const hint = h("span", { class: "cx-note tm-hint", hidden: true });
  const curves = h("div", { class: "tm-curves" });
  const result = h("span", { class: "cx-note", role: "status" }); // read out once an epoch
  const key = (text, ...shape) =>
    h("span", { class: "tm-key" }, svg("svg", { viewBox: "0 0 28 12", "aria-hidden": "true" }, ...shape), text);
  const line = (kind) => svg("line", { x1: 0, x2: 28, y1: 6, y2: 6, class: `tm-${kind}` });
  root.append(
    h("div", { class: "cx-row" }, h("b", {}, model.get("title")), status, hint, stop, bar),
    curves,
    h("div", { class: "cx-row tm-legend-row" },
      key("training", line("train"), svg("circle", { cx: 14, cy: 6, r: 4, class: "tm-train-dot" })),
      key("validation", line("validation"),
        svg("rect", { x: 10, y: 2, width: 8, height: 8, class: "tm-validation-dot" })),
      key("batches", line("batches")),
      key("best epoch", line("best")),
      result),
  );
  let pressed = false;

  async function press() {
    pressed = true;
    draw();
    const request = interruptRequest(model.get("kernel_id"));
    const answer = request && (await fetch(...request).catch(() => null));
    if (answer?.ok) return;
    pressed = false;
    hint.textContent = "To stop, interrupt the kernel (\u25a0 in the toolbar).";
    hint.hidden = false;
    draw();
  }

  function draw() {
    const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
    const live = running(state.phase);
    const part = state.batches && state.phase !== "validating" ? state.batch / state.batches : 0;
    const done = state.phase === "validating" ? state.epoch : Math.max(0, state.epoch - 1) + part;
    status.textContent = progressText(state);
    bar.value = live ? done / state.epochs : 1;
    bar.hidden = !live;
    stop.hidden = !live;
    stop.disabled = pressed;
    stop.textContent = pressed ? "stopping \u2026" : "\u25a0 Stop training";
    hint.hidden ||= !live;
    curves.replaceChildren(...state.panels.map((panel, i) => drawPanel(panel, i, state)));
    const words = resultText(state);
    if (result.textContent !== words) result.textContent = words;
  }

  const state = makeState(model, draw); // draws once a frame, however many messages come
  draw();
  return () => (state.stop(), release());
}

export default { render };
