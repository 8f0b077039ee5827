// Reveal writes its own address as soon as it starts: explorers read settings from this one.
window.openedAt = location.hash;
// The same page of 1280x720 as in RISE (`rise` in the notebooks' metadata).
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
  pdfSeparateFragments: false,
  pdfMaxPagesPerSlide: 1,
  plugins: [RevealNotes],
});
