// `?print-pdf&handout` behind the address: two slides a page, each with its notes.
"use strict";
{
  const made = (kind, ...parts) => {
    const node = document.createElement("div");
    node.className = kind;
    node.append(...parts);
    return node;
  };

  function leaf(page) {
    const notes = made("below");
    for (const note of page.querySelectorAll("aside.notes")) notes.append(...note.childNodes);
    return made("leaf", page, notes);
  }

  globalThis.asHandout = () => {
    if (!new URLSearchParams(location.search).has("handout")) return;
    const pages = [...document.querySelectorAll(".pdf-page")];
    const slides = document.querySelector(".slides");
    const title = document.title.replace(/: slides$/, "");
    for (let at = 0; at < pages.length; at += 2) {
      const foot = made("foot", `${title} · page ${at / 2 + 1} of ${Math.ceil(pages.length / 2)}`);
      slides.append(made("sheet", ...pages.slice(at, at + 2).map(leaf), foot));
    }
    document.documentElement.classList.add("handout");
    const paper = document.createElement("style"); // after that of reveal.js
    paper.textContent = "@page { size: A4; margin: 0 }";
    document.head.append(paper);
  };
}
