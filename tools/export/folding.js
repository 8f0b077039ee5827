"use strict";
// Folded code opens with a click, and on a slide all of it with the key C.
{
  const turn = (button, open) => {
    button.setAttribute("aria-expanded", open);
    button.nextElementSibling.hidden = !open;
  };
  const isOpen = (button) => button.getAttribute("aria-expanded") === "true";
  const told = () => dispatchEvent(new Event("folded"));

  addEventListener("click", ({ target }) => {
    const button = target.closest?.(".fold > button");
    if (!button) return;
    turn(button, !isOpen(button));
    button.blur(); // else the space bar would turn no page
    told();
  });

  globalThis.turnFolds = (place) => {
    const buttons = [...place.querySelectorAll(".fold > button")];
    const open = !buttons.every(isOpen);
    for (const button of buttons) turn(button, open);
    told();
  };
}
