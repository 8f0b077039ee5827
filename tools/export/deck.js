// Reveal writes its own address as soon as it starts: explorers read settings from this one.
window.openedAt = location.hash;
// The same page of 1280x720 as in RISE (`rise` in the notebooks' metadata).
{
  const ready = Promise.all([
    new Promise((loaded) => addEventListener("load", loaded)),
    document.fonts.ready,
  ]);
  const present = () => document.querySelectorAll("section.present section.present");
  const arrange = (slides) => [...slides].forEach(globalThis.arrangeSlide);

  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    minScale: 0.2,
    maxScale: 4,
    center: false,
    hash: true,
    transition: "none",
    backgroundTransition: "none",
    slideNumber: "c",
    ...(document.querySelector("[data-timing]") && { defaultTiming: 0 }), // the speaker view has a plan
    // A letter chooses in a list that has the focus, and is no key of the deck then.
    keyboardCondition: ({ key, target }) => !(key?.length === 1 && target?.closest?.("select")),
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    plugins: [RevealNotes],
  });
  Reveal.on("slidechanged", ({ currentSlide }) => arrange([currentSlide]));
  Reveal.on("pdf-ready", () => ready.then(() => {
    arrange(document.querySelectorAll("section section"));
    globalThis.asHandout();
  }));
  // Explorers come to life after the page, and have another height than their pictures.
  ready.then(() => arrange(present()));
  for (const event of ["alive", "folded"]) addEventListener(event, () => arrange(present()));
  const turn = () => {
    document.body.dataset.theme = document.body.dataset.theme === "dark" ? "light" : "dark";
  };
  if (new URLSearchParams(location.search).has("dark")) turn();
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, turn);
  Reveal.addKeyBinding({ keyCode: 67, key: "C", description: "Folded code" }, () =>
    globalThis.turnFolds(Reveal.getCurrentSlide()),
  );
}
