"use strict";
// How large pictures and explorers can be on a slide as it stands.
{
  const END = 714; // nothing reaches lower, of 720 pixels
  const WIDTH = 1232;
  const LARGEST = 4; // times its own size
  const EXPLORER = 1.5; // larger it would only be coarse

  function grow(node, scale) {
    if (node.matches(".explorer")) node.style.zoom = Math.min(Math.max(scale, 1), EXPLORER);
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
    if (shown.some((node) => node.matches(".explorer") && wide(node))) return false;
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

  const area = (shown) =>
    shown.reduce((sum, node) => {
      const { width, height } = node.getBoundingClientRect();
      return sum + width * height;
    }, 0);

  globalThis.fitting = { END, WIDTH, edge, wide, grow, largest, area };
}
