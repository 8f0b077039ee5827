// The network that the page carries answers: each frame, with nobody asked, kernel or not.

/**
 * ask(picture) gives {probabilities, values, shape}, maps as the kernel tells them; null where
 * the page carries no network, or one that has diverged.
 */
function makeOwnNetwork(model) {
  let told = null, network = null, conv = null;
  function read() {
    if (model.get("_network") === told) return;
    told = model.get("_network"); // it has learned more
    network = told?.layers ? readNetwork(told) : null;
    conv = network?.layers.find((layer) => layer.kind === "Conv2D");
  }
  return function ask(picture) {
    read();
    if (!network) return null;
    const image = Float32Array.from(picture, (value) => Math.floor(255 * value + 0.5));
    const probabilities = [...forward(network, image, 1)];
    if (!probabilities.every(Number.isFinite)) return null;
    if (!conv) return { probabilities, values: null, shape: [] };
    const [rows, columns, all] = conv.output;
    const count = Math.min(all, 32);
    const shown = conv.y.filter((_, at) => at % all < count);
    const limit = shown.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    return { probabilities, values: Int8Array.from(shown, (value) => Math.round((value * 127) / limit)), shape: [rows, columns, count, all] };
  };
}
