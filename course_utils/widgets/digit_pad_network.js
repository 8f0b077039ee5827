// Where no kernel runs, the network that the page carries answers: each frame, with nobody asked.

/** ask(picture) gives {probabilities, values, shape}, maps as the kernel tells them; null without a network. */
function makeOwnNetwork(model) {
  const told = model.get("_network");
  if (model.widget_manager || !told?.layers) return null;
  const network = readNetwork(told);
  const conv = network.layers.find((layer) => layer.kind === "Conv2D");
  return function ask(picture) {
    const image = Float32Array.from(picture, (value) => Math.floor(255 * value + 0.5));
    const probabilities = [...forward(network, image, 1)];
    if (!conv) return { probabilities, values: null, shape: [] };
    const [rows, columns, all] = conv.output;
    const count = Math.min(all, 32);
    const shown = conv.y.filter((_, at) => at % all < count);
    const limit = shown.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    return { probabilities, values: Int8Array.from(shown, (value) => Math.round((value * 127) / limit)), shape: [rows, columns, count, all] };
  };
}
