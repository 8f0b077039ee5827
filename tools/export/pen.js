// A pen and a red point, for mouse, touch and pen. What is written belongs to its slide.
"use strict";
{
  const SVG = "http://www.w3.org/2000/svg";
  const made = (name, kind, parent) => {
    const node = name === "svg" || name === "polyline" ? document.createElementNS(SVG, name) : document.createElement(name);
    node.setAttribute("class", kind);
    parent.append(node);
    return node;
  };
  const reveal = document.querySelector(".reveal");
  // Explorers and links lie below the glass, so that the pen does not move them.
  const glass = made("div", "glass", reveal);
  glass.dataset.preventSwipe = "";
  const point = made("div", "point", reveal);
  const lines = new Map(); // the line of each finger that is down

  function paper() {
    const slide = Reveal.getCurrentSlide();
    const found = slide.querySelector(":scope > .ink");
    if (found) return found;
    const ink = made("svg", "ink", slide);
    ink.setAttribute("viewBox", "0 0 1280 720");
    ink.setAttribute("aria-hidden", "true");
    return ink;
  }

  // In pixels of the slide: it may be shown at any size.
  function add(line, { clientX, clientY }) {
    const { left, top, width } = line.parentNode.getBoundingClientRect();
    const unit = width / 1280;
    line.points.appendItem(
      Object.assign(line.parentNode.createSVGPoint(), { x: (clientX - left) / unit, y: (clientY - top) / unit }),
    );
  }

  glass.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    glass.setPointerCapture(event.pointerId);
    const line = made("polyline", "", paper());
    lines.set(event.pointerId, line);
    add(line, event);
    add(line, event); // a dot is a line, too
  });
  glass.addEventListener("pointermove", (event) => {
    const line = lines.get(event.pointerId);
    for (const moved of line ? event.getCoalescedEvents() : []) add(line, moved);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    glass.addEventListener(end, ({ pointerId }) => lines.delete(pointerId));
  }
  addEventListener("pointermove", ({ clientX, clientY }) => {
    point.style.transform = `translate(${clientX}px, ${clientY}px)`;
  }, true);

  const turn = (mode) => () => reveal.classList.toggle(mode);
  const wipe = () => Reveal.getCurrentSlide().querySelector(":scope > .ink")?.remove();
  const tools = made("div", "tools", reveal);
  for (const [key, sign, description, act] of [
    ["W", "✎", "Write on the slide, or not", turn("writing")],
    ["E", "⌫", "Erase what is written on it", wipe],
    ["R", "●", "A red point for the pointer", turn("pointing")],
  ]) {
    Reveal.addKeyBinding({ keyCode: key.charCodeAt(0), key, description }, act);
    // Where there may be no keyboard
    const button = made("button", "", tools);
    Object.assign(button, { type: "button", title: description, textContent: sign });
    button.setAttribute("aria-label", description);
    button.addEventListener("click", () => {
      act();
      button.blur();
    });
  }
}
