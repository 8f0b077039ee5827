// What is shown gets the room that is left on its slide: pictures and explorers grow, in
// their proportions, below the code or beside it, until the slide is full; where there are
// none, printed results and tables become somewhat larger. Answers that
// come as fragments have their place from the beginning, so nothing jumps.
"use strict";
{
  const { END, WIDTH, edge, wide, grow, largest, enlarge, area } = globalThis.fitting;
  const GAP = 28;
  const LEFT = [340, 420, 500, 580, 660, 740]; // widths of the column of words and code
  const NEAR = [-40, -20, 20, 40]; // from the best of them
  const SHOWN = ".explorer, .jp-OutputArea img, .jp-RenderedMarkdown img";

  const RESULTS = ".jp-RenderedText pre, .jp-RenderedHTMLCommon table";

  const shownIn = (room) =>
    [...room.querySelectorAll(SHOWN)].filter((node) => !node.parentElement.closest(".explorer"));

  // `over`: how many of the slide's parts go over the whole width; of the last one its
  // code, when that is what the wall belongs to.
  function stand(room, wall, { left, over = 0 } = {}) {
    room.classList.toggle("beside", left !== undefined);
    [...room.children].forEach((part, i) => part.classList.toggle("over", i < over));
    wall?.classList.toggle("wall", left !== undefined);
    if (left === undefined) return;
    room.style.setProperty("--left", `${left}px`);
    const last = room.children[over - 1];
    const above = last?.contains(wall) ? wall.previousElementSibling : last;
    const top = above ? edge(above, "bottom") - room.offsetTop + 8 : 0;
    room.style.setProperty("--top", `${top}px`);
    room.style.setProperty("--right", `${WIDTH - GAP - left}px`);
  }

  // What holds all that is shown and can be moved beside the rest; null where nothing does.
  function wallOf(shown) {
    const holders = new Set(shown.map((node) => node.closest(".jp-Cell-outputWrapper, .jp-RenderedMarkdown p")));
    return holders.size === 1 ? [...holders][0] : null;
  }

  // The drawing of the lesson is as large as the words beside it let it be.
  function face(room) {
    const cover = room.querySelector(".cover");
    const heads = [...room.querySelectorAll("h1, h2, .question, .parts")];
    const words = [...room.children].filter((part) => part !== cover);
    const top = Math.max(...heads.map((head) => edge(head, "bottom"))) + 8;
    const ratio = cover.naturalHeight / cover.naturalWidth || 2 / 3;
    for (let width = Math.min(800, (END - top) / ratio); width >= 240; width -= 10) {
      room.style.setProperty("--left", `${WIDTH - 2 * GAP - width}px`);
      room.style.setProperty("--right", `${width}px`);
      room.style.setProperty("--top", `${(top + END - width * ratio) / 2 - room.offsetTop}px`);
      cover.hidden = words.some((part) => edge(part, "bottom") > END || wide(part));
      if (!cover.hidden) return;
    }
    room.style.setProperty("--left", "none");
  }

  function arrange(slide) {
    const room = slide.querySelector(".room");
    if (!room) return;
    if (room.classList.contains("face")) {
      face(room);
      return;
    }
    const shown = shownIn(room);
    if (!shown.length) {
      enlarge(room, [...room.querySelectorAll(RESULTS)].filter((node) => !node.closest(".exercise")));
      return;
    }
    room.classList.add("arranged");
    const wall = wallOf(shown);
    const ways = [{}];
    const parts = [...room.children];
    const under = parts.findIndex((part) => part.contains(wall)) + 1;
    for (const left of wall && parts.length > 1 ? LEFT : []) {
      ways.push({ left, over: 1 }, { left });
      // Below wide code: what is shown, and beside it what is said about it.
      if (under > 1 && under < parts.length && wall.previousElementSibling) ways.push({ left, over: under });
    }
    let best = null;
    const compare = (way) => {
      stand(room, wall, way);
      const scale = largest(room, shown, way.left && wall);
      // Words run on more easily in one column: another has to be worth it.
      const worth = scale && area(shown) / (way.left ? 1.04 : 1);
      if (!best || worth > best.worth) best = { way, scale, worth };
    };
    ways.forEach(compare);
    const { way: found } = best;
    if (found.left) NEAR.forEach((far) => compare({ ...found, left: found.left + far }));
    stand(room, wall, best.way);
    for (const node of shown) grow(node, best.scale || 1);
    room.classList.toggle("arranged", best.scale > 0);
  }

  // An explorer that becomes taller while it is played with must not leave the page.
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const slide = target.closest("section.present section.present");
      if (slide && [...slide.querySelector(".room").children].some((part) => edge(part, "bottom") > 720)) arrange(slide);
    }
  });

  globalThis.arrangeSlide = (slide) => {
    arrange(slide);
    for (const node of slide.querySelectorAll(".explorer")) watch.observe(node);
  };
}
