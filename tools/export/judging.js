// Judges numbers as course_utils/exercises does: comparing, differences, words, judging.
const DIGITS = [4, 6, 8, 12, 17];

// Python's `.{digits}g`: a tie goes to the even digit, where JavaScript rounds up.
function general(value, digits) {
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

function text(value, depth = 0) {
  if (typeof value === "number") return number(value);
  const name = value.list ? "list" : "tuple";
  if (value.items.length > 6 || depth > 2) return `a ${name}`;
  const inside = value.items.map((item) => text(item, depth + 1)).join(", ");
  return value.list ? `[${inside}]` : `(${inside})`;
}

function rightTo(digits, got, wanted) {
  if (Number.isInteger(wanted)) return false;
  const needed = 10 ** (Math.floor(Math.log10(Math.abs(wanted))) - digits + 1);
  const [mantissa, power] = got.toExponential().split("e");
  const last = power - (mantissa.split(".")[1]?.length ?? 0);
  const error = Math.abs(got - wanted);
  return error <= needed * 0.5000001 && error < 10 ** last;
}

function wrongPlaces(got, wanted) {
  const largest = Math.max(0, ...wanted.map(Math.abs));
  const close = 1e-5 * largest;
  const whole = wanted.every(Number.isInteger);
  const allowed = largest === 0 ? 1e-6 : whole ? Math.min(close, 0.01) : close;
  return got.map(
    (value, i) =>
      !(Math.abs(value - wanted[i]) <= allowed || rightTo(3, value, wanted[i])),
  );
}

const sameShape = (one, other) => one.join() === other.join();

function same(got, wanted) {
  const single = !wanted.shape.length && got.numbers.length === 1;
  if (!single && !sameShape(got.shape, wanted.shape)) return false;
  return !wrongPlaces(got.numbers, wanted.numbers).some(Boolean);
}

function flat(value) {
  if (typeof value === "number") return { shape: [], numbers: [value] };
  const parts = value.items.map(flat);
  if (parts.some((part) => !sameShape(part.shape, parts[0].shape))) return null;
  const inner = parts.length ? parts[0].shape : [];
  return { shape: [parts.length, ...inner], numbers: parts.flatMap((p) => p.numbers) };
}

function notIt(value, wanted) {
  if ([1, 2].some((digits) => rightTo(digits, value, wanted)))
    return `If ${number(value)} is rounded, it is rounded too far: give at least 3 significant digits.`;
  // 0.26184 must not be written 0.2618 where that is the answer.
  const said = DIGITS.map((digits) => number(value, digits));
  const clear = said.find((words) => wrongPlaces([Number(words)], [wanted])[0]);
  return `${clear ?? said.at(-1)} is not it.`;
}

const tuple = (shape) => (shape.length === 1 ? `(${shape},)` : `(${shape.join(", ")})`);

function partlyRight(value, got, wanted) {
  if (!wanted.shape.length)
    return got.shape.length
      ? `One number is asked for, but ${text(value)} came.`
      : notIt(value, wanted.numbers[0]);
  if (!got.shape.length)
    return `Several numbers are asked for, such as (1, 2); ${text(value)} came.`;
  if (!sameShape(got.shape, wanted.shape))
    return wanted.shape.length === 1 && got.shape.length === 1
      ? `${wanted.shape[0]} numbers are asked for, but ${got.shape[0]} came.`
      : `Its shape is ${tuple(got.shape)}, which is not the one asked for.`;
  const wrong = wrongPlaces(got.numbers, wanted.numbers);
  const right = wrong.filter((is) => !is).length;
  let rest = wrong.indexOf(true);
  const index = wanted.shape.map(() => 0);
  for (let axis = index.length - 1; axis >= 0; axis--) {
    index[axis] = rest % wanted.shape[axis];
    rest = Math.floor(rest / wanted.shape[axis]);
  }
  const place =
    index.length === 2 ? `row ${index[0]}, column ${index[1]}` : `index ${index.join(", ")}`;
  return `${right} of the ${wrong.length} numbers ${right === 1 ? "is" : "are"} right; the first wrong one is at ${place}.`;
}

// Numbers, + - * / ** and %, brackets of both kinds; `14 x 14 x 20` is a tuple.
function read(source) {
  let words = source.trim().replace(/[−–]/g, "-");
  if (/^[\d.\s]+([x×][\d.\s]+)+$/.test(words)) words = words.replace(/[x×]/g, ",");
  const tokens = words.match(/(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|\*\*|\S/gi) ?? [];
  const fail = () => {
    throw new SyntaxError(source);
  };
  const figure = (value) => (typeof value === "number" ? value : fail());
  let at = 0;
  const take = (token) => tokens[at] === token && ++at;
  function several(end) {
    const items = [];
    let commas = 0;
    while (at < tokens.length && tokens[at] !== end) {
      items.push(sum());
      if (!take(",")) break;
      commas++;
    }
    if (end && !take(end)) fail();
    return end !== "]" && !commas && items.length ? items[0] : { items, list: end === "]" };
  }
  function atom() {
    if (take("(")) return several(")");
    if (take("[")) return several("]");
    const value = /^[\d.]/.test(tokens[at] ?? "") ? Number(tokens[at++]) : fail();
    return take("%") ? value / 100 : value;
  }
  function power() {
    const base = atom();
    return take("**") ? figure(base) ** figure(signed()) : base;
  }
  function signed() {
    if (take("-")) return -figure(signed());
    return take("+") ? figure(signed()) : power();
  }
  function product() {
    let value = signed();
    for (;;)
      if (take("*")) value = figure(value) * figure(signed());
      else if (take("/")) value = figure(value) / figure(signed());
      else return value;
  }
  function sum() {
    let value = product();
    for (;;)
      if (take("+")) value = figure(value) + figure(product());
      else if (take("-")) value = figure(value) - figure(product());
      else return value;
  }
  const value = several("");
  return at < tokens.length ? fail() : value;
}

const escaped = (words) =>
  words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// {status, line}: the line is HTML.
function judge(data, source) {
  if (/^[\s._()[\],…]*$/.test(source) || /\.\.\.|…/.test(source))
    return { status: "blank", line: "Replace the dots by your answer." };
  const wrong = (line) => ({ status: "wrong", line });
  let value;
  try {
    value = read(source);
  } catch {
    const quoted = escaped(source.trim().slice(0, 40));
    return wrong(`Numbers are asked for, but the text '${quoted}' came.`);
  }
  const got = flat(value);
  if (!got) return wrong("The rows have different lengths: count the numbers in each.");
  if (!got.numbers.every(Number.isFinite))
    return wrong("There is a NaN or an infinity in it: was something divided by zero?");
  if (same(got, data.right)) return { status: "correct", line: data.insight };
  const known = data.mistakes.find((mistake) => same(got, mistake));
  return wrong(known ? known.advice : escaped(partlyRight(value, got, data.right)));
}
