"use strict";
// How large pictures and explorers can be on a slide as it stands.
{
  const END = 714; // nothing reaches lower, of 720 pixels
  const WIDTH = 1232;
  const LARGEST = 4; // times its own size
  const EXPLORER = 1.5; // larger it would only be coarse
  const RESULTS = [1.4, 1.3, 1.2, 1.1, 1]; // of printed lines and tables; larger they would shout

  function grow(node, scale) {
    if (node.matches(".explorer")) node.style.zoom = Math.min(Math.max(scale, 1), EXPLORER);
    else if (node.matches("pre, table")) node.style.zoom = scale;
    else node.style.width = `${(node.getAttribute("width") ?? node.naturalWidth) * scale}px`;
  }

  // Edges of what a slide holds, in its own pixels.
  function edge(node, side) {
    const page = node.closest(".room").getBoundingClientRect();
    const unit = page.width / WIDTH || 1;
    return (node.getBoundingClientRect()[side] - page.top) / unit + node.closest(".room").offsetTop;
  }

  const wide = (node) => node.scrollWidth > node.clientWidth + 1;

  function fits(room, shown, wall) {
    if (shown.some((node) => node.matches(".explorer, pre") && wide(node))) return false;
    const right = room.getBoundingClientRect().right + 1;
    if (shown.some((node) => node.matches("table") && node.getBoundingClientRect().right > right)) return false;
    if (wall && (wide(wall) || [...room.querySelectorAll("pre, .jp-Cell, table")].some(wide))) return false;
    const parts = [...room.children, ...room.querySelectorAll(".kernel"), ...(wall ? [wall] : [])];
    return parts.every((part) => edge(part, "bottom") <= END);
  }

  // The largest scale that fits, by halving; 0 where none does.
  function largest(room, shown, wall) {
    const tried = (scale) => {
      for (const node of shown) grow(node, scale);
      return fits(room, shown, wall);
    };
    let [low, high] = [0.5, LARGEST];
    if (!tried(low)) return 0;
    if (tried(high)) return high;
    while (high - low > 0.01) {
      const middle = (low + high) / 2;
      if (tried(middle)) low = middle;
      else high = middle;
    }
    tried(low);
    return low;
  }

  // Somewhat larger, while no row of a table needs a further line.
  function enlarge(room, results) {
    for (const node of results) grow(node, 1);
    const heights = results.map((node) => node.offsetHeight + 2);
    RESULTS.find((scale) => {
      for (const node of results) grow(node, scale);
      return fits(room, results) && results.every((node, i) => node.offsetHeight <= heights[i]);
    });
  }

  const area = (shown) =>
    shown.reduce((sum, node) => {
      const { width, height } = node.getBoundingClientRect();
      return sum + width * height;
    }, 0);

  globalThis.fitting = { END, WIDTH, edge, wide, grow, largest, enlarge, area };
}
