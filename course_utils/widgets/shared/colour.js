// Numbers as colours.

const BLUE = [0, 114, 178];
const WHITE = [255, 255, 255];
const ORANGE = [213, 94, 0];

const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));
/** Signed values in -1..1: blue below zero, white at zero, orange above. */
const signed = (t) => mix(WHITE, t < 0 ? BLUE : ORANGE, clamp(Math.abs(t), 0, 1));
const gray = (t) => {
  const value = Math.round(255 * clamp(t, 0, 1));
  return [value, value, value];
};
// matplotlib's cividis at 0, 0.1 ... 1; between them it is straight enough for the eye.
const CIVIDIS = [
  [0, 34, 78], [8, 51, 112], [53, 69, 108], [79, 87, 108], [102, 105, 112], [125, 124, 120],
  [148, 142, 119], [174, 163, 113], [200, 184, 102], [229, 207, 82], [254, 232, 56],
];
/** Magnitudes in 0..1: dark blue to yellow. */
function magnitude(t) {
  const at = 10 * clamp(t, 0, 1);
  const from = Math.min(Math.floor(at), 9);
  return mix(CIVIDIS[from], CIVIDIS[from + 1], at - from);
}
const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;
/** Black or white, whichever has the higher contrast on a colour, as WCAG counts it. */
function ink(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}
