// Numbers and verdicts in words, as course_utils/exercises/words.py writes them.
const DIGITS = [4, 6, 8, 12, 17];

// Python's `.{digits}g`: a tie goes to the even digit, where JavaScript rounds up.
function general(value, digits) {
  if (value === 0) return "0";
  const [long] = Math.abs(value).toExponential(99).split("e");
  const all = long.replace(".", "");
  let [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
  const tie = /^50*$/.test(all.slice(digits)) && all[digits - 1] % 2 === 0;
  if (tie) {
    exponent = Math.abs(value).toExponential().split("e")[1];
    mantissa = all.slice(0, digits);
  }
  const figures = mantissa.replace(".", "").replace(/0+$/, "");
  const sign = value < 0 ? "-" : "";
  const power = Number(exponent);
  if (power < -4 || power >= digits) {
    const size = String(Math.abs(power)).padStart(2, "0");
    const rest = figures.length > 1 ? `.${figures.slice(1)}` : "";
    return `${sign}${figures[0]}${rest}e${power < 0 ? "-" : "+"}${size}`;
  }
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${figures}`;
  const whole = figures.slice(0, power + 1).padEnd(power + 1, "0");
  return sign + whole + (figures.length > power + 1 ? `.${figures.slice(power + 1)}` : "");
}

function number(value, digits = 4) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value + 0);
  return general(value, digits);
}

// How many digits it takes so that no two numbers of a pair are written alike.
const digitsApart = (pairs) =>
  DIGITS.find((digits) => pairs.every(([a, b]) => number(a, digits) !== number(b, digits))) ??
  DIGITS.at(-1);

// Python's repr of the first forty letters of a text.
function quoted(words) {
  const letters = [...words].slice(0, 40).join("");
  const mark = letters.includes("'") && !letters.includes('"') ? '"' : "'";
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
  const inside = letters.replace(/[\\\n\r\t]/g, (letter) => short[letter]);
  return mark + (mark === "'" ? inside.replace(/'/g, "\\'") : inside) + mark;
}

function text(value, depth = 0) {
  if (typeof value === "number") return number(value);
  if (value.words !== undefined) return `the text ${quoted(value.words)}`;
  const name = value.list ? "list" : "tuple";
  if (value.items.length > 6 || depth > 2) return `a ${name}`;
  const inside = value.items.map((item) => text(item, depth + 1)).join(", ");
  return value.list ? `[${inside}]` : `(${inside})`;
}

const tuple = (shape) => (shape.length === 1 ? `(${shape},)` : `(${shape.join(", ")})`);

const escaped = (words) =>
  words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// `Code` in a line of text; what Python exports is HTML already.
const asHtml = (line) => escaped(line).replace(/`([^`]*)`/g, "<code>$1</code>");

function tableHtml({ caption, shape, numbers, wrong }, digits) {
  const cell = (value, at) => {
    const style = wrong?.[at] ? ";font-weight:bold;outline:2px solid #D55E00" : "";
    return `<td style="text-align:right${style}">${number(value, digits)}</td>`;
  };
  const rows = [];
  for (let i = 0; i < shape[0]; i++) {
    const cells = numbers.slice(i * shape[1], (i + 1) * shape[1]);
    rows.push(`<tr>${cells.map((value, j) => cell(value, i * shape[1] + j)).join("")}</tr>`);
  }
  return (
    '<table style="margin:4px 0"><caption style="text-align:left">' +
    `${escaped(caption)}</caption>${rows.join("")}</table>`
  );
}

// How a verdict looks: {colour, head, rest}, the line with its sign and what follows it.
function verdictHtml(title, signs, { status, lines, tables = [] }) {
  const [sign, word, colour] = signs[status];
  const paragraph = (line) => `<p style="margin:2px 0">${line}</p>`;
  const head = `<strong><span aria-hidden="true">${sign}</span> ${word}:</strong> ${title}`;
  const yours = tables.find(({ caption }) => caption === "yours");
  const expected = tables.find(({ caption }) => caption === "expected");
  const pairs = (yours?.numbers ?? [])
    .map((value, i) => [expected.numbers[i], value])
    .filter((_, i) => yours.wrong[i]);
  const digits = digitsApart(pairs);
  const drawn = tables.map((table) => tableHtml(table, digits)).join("");
  const style = "display:flex;flex-wrap:wrap;gap:0 24px;align-items:flex-start";
  const beside = drawn && `<div style="${style}">${drawn}</div>`;
  return { colour, head: paragraph(head), rest: lines.map(paragraph).join("") + beside };
}
