// Judges numbers as course_utils/exercises does: comparing, differences, judging.

function rightTo(digits, got, wanted) {
  if (Number.isInteger(wanted)) return false;
  const needed = 10 ** (Math.floor(Math.log10(Math.abs(wanted))) - digits + 1);
  const [mantissa, power] = got.toExponential().split("e");
  const last = power - (mantissa.split(".")[1]?.length ?? 0);
  const error = Math.abs(got - wanted);
  return error <= needed * 0.5000001 && error < 10 ** last;
}

// Where numbers differ by more than rounding explains; see `wrong_places`.
function wrongPlaces(got, wanted, rounded = true) {
  const largest = Math.max(0, ...wanted.map(Math.abs));
  const close = 1e-5 * largest;
  const whole = wanted.every(Number.isInteger);
  const allowed = largest === 0 ? 1e-6 : whole ? Math.min(close, 0.01) : close;
  return got.map(
    (value, i) =>
      !(
        Math.abs(value - wanted[i]) <= allowed ||
        (rounded && rightTo(3, value, wanted[i]))
      ),
  );
}

function same(got, wanted, rounded = true) {
  const single = rounded && !wanted.shape.length && got.numbers.length === 1;
  if (!single && !sameShape(got.shape, wanted.shape)) return false;
  return !wrongPlaces(got.numbers, wanted.numbers, rounded).some(Boolean);
}

function notIt(value, wanted) {
  if ([1, 2].some((digits) => rightTo(digits, value, wanted)))
    return `If ${number(value)} is rounded, it is rounded too far: give at least 3 significant digits.`;
  // 0.26184 must not be written 0.2618 where that is the answer.
  const said = DIGITS.map((digits) => number(value, digits));
  const clear = said.find((words) => wrongPlaces([Number(words)], [wanted])[0]);
  return `${clear ?? said.at(-1)} is not it.`;
}

const are = (count) => (count === 1 ? "is" : "are");

// Where the number at a place in the row stands in an array of this shape.
function placeOf(at, shape) {
  const index = shape.map(() => 0);
  for (let axis = index.length - 1, rest = at; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index.length === 2
    ? `at row ${index[0]}, column ${index[1]}`
    : `at index ${index.join(", ")}`;
}

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
  const place = placeOf(wrong.indexOf(true), wanted.shape);
  return `${right} of the ${wrong.length} numbers ${are(right)} right; the first wrong one is ${place}.`;
}

// What is wrong with the kind of answer; "" where it is numbers.
function wrongForm(value, got) {
  if (value.words !== undefined)
    return (
      `Numbers are asked for, but ${text(value)} came` +
      (value.numbers ? ": leave out the quotes." : ".")
    );
  if (isText(value)) return `Numbers are asked for, but ${text(value)} came.`;
  if (!got) return "The rows have different lengths: count the numbers in each.";
  return "";
}

// {status, lines, tables}: lines are HTML. What was typed is a text, or a text for each
// field, in rows as the fields stand.
function judge(data, typed) {
  if (unfilled(typed)) return { status: "blank", lines: ["Replace the dots by your answer."] };
  const wrong = (line, tables) => ({ status: "wrong", lines: [line], tables });
  const value = understood(typed);
  const got = isText(value) ? null : flat(value);
  if (data.settings) return judgeSettings(data, got);
  const form = wrongForm(value, got);
  if (form) return wrong(asHtml(form));
  const refused = data.cases && refusal(data, got);
  if (refused) return wrong(asHtml(refused));
  if (!got.numbers.every(Number.isFinite))
    return wrong("There is a NaN or an infinity in it: was something divided by zero?");
  if (data.cases) return judgeCases(data, got);
  if (same(got, data.right)) return { status: "correct", lines: praise(data) };
  const known = data.mistakes.find((mistake) => same(got, mistake));
  return wrong(known ? known.advice : asHtml(partlyRight(value, got, data.right)));
}

// Settings that are one of a few each: what Python says of every choice of them.
function judgeSettings(data, got) {
  const { offered, form, others, words } = data.settings;
  const wrong = (line) => ({ status: "wrong", lines: [line] });
  const isForm = got && sameShape(got.shape, data.shape) && got.numbers.every(Number.isInteger);
  if (!isForm) return wrong(form);
  const places = offered.map((numbers, i) => numbers.indexOf(got.numbers[i]));
  const strange = places.indexOf(-1);
  if (strange >= 0) return wrong(others[strange].replace("{}", BigInt(got.numbers[strange])));
  const line = words[places.reduce((at, place, i) => at * offered[i].length + place, 0)];
  return line ? wrong(line) : { status: "correct", lines: praise(data) };
}

const praise = ({ insight }) => (insight ? [insight] : []);
