// Exercises that put a kernel, or the numbers of one, to pictures: the same arithmetic as in
// the explorers, and the words of `difference` and `clue` in course_utils/exercises.

const picture = ({ shape: [h, w], numbers }) => ({ h, w, c: 1, data: numbers });

function slide(kernel, image, padding) {
  const weights = picture(kernel);
  const layout = windowLayout(picture(image), weights, 1, padding);
  const numbers = [...convolve(picture(image), weights, layout, false)];
  return { shape: [layout.h, layout.w], numbers };
}

function stripes([wavelength, degrees], size) {
  const theta = (degrees * Math.PI) / 180;
  const data = new Float64Array(size * size);
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at++) {
      const along = x * Math.cos(theta) + y * Math.sin(theta);
      data[at] = 0.5 + 0.5 * Math.cos((2 * Math.PI * along) / wavelength);
    }
  return { h: size, w: size, data };
}

// How strongly a Gabor kernel answers to stripes, away from the border.
function strength([frequency, theta, sigma], kind, { size, border }) {
  const kernel = gaborKernel(frequency, theta, sigma);
  const { magnitude } = gaborResponse(stripes(kind, size), kernel);
  let sum = 0;
  for (let y = border; y < size - border; y++)
    for (let x = border; x < size - border; x++) sum += magnitude[y * size + x];
  return sum;
}

// What an answer does in a case, by the name that the exercise gives.
const RUNS = {
  answer: (got, [image]) => ({ shape: [], numbers: slide(got, image, "valid").numbers }),
  filter: (got, [image]) => slide(got, image, "same"),
  stripes: ({ numbers }, [kind], settings) => {
    const strong = strength(numbers, settings.wanted, settings);
    return { shape: [], numbers: [strong / strength(numbers, settings.others[kind], settings)] };
  },
};

// What keeps an answer from being run at all: a limit, its form.
function refusal({ shape, limits = [] }, got) {
  if (!sameShape(got.shape, shape))
    return got.numbers.every(Number.isFinite)
      ? `Its shape is ${tuple(got.shape)}; asked for is ${tuple(shape)}.`
      : "";
  const outside = ({ at, above, most }) => !(got.numbers[at] > above && got.numbers[at] <= most);
  const broken = limits.find(outside);
  return broken ? broken.words.replace("{:g}", general(got.numbers[broken.at], 6)) : "";
}

function difference(got, wanted) {
  if (!wanted.shape.length) {
    const digits = digitsApart([[wanted.numbers[0], got.numbers[0]]]);
    const [right, given] = [wanted, got].map(({ numbers: [value] }) => number(value, digits));
    return `${right} is expected, but it gives ${given}.`;
  }
  const wrong = wrongPlaces(got.numbers, wanted.numbers, false);
  const count = wrong.filter(Boolean).length;
  const first = wrong.indexOf(true);
  const digits = digitsApart([[wanted.numbers[first], got.numbers[first]]]);
  const [right, given] = [wanted, got].map(({ numbers }) => number(numbers[first], digits));
  return (
    `${count} of ${wrong.length} numbers ${are(count)} wrong. The first is ` +
    `${placeOf(first, wanted.shape)}: ${right} is expected, not ${given}.`
  );
}

function clue(got, wanted, failed) {
  const opposite = (i) =>
    sameShape(got[i].shape, wanted[i].shape) &&
    !wrongPlaces(got[i].numbers, wanted[i].numbers.map((value) => -value), false).some(Boolean);
  if (wanted[failed].numbers.every((value) => value === 0) || !opposite(failed)) return [];
  return got.every((_, i) => opposite(i))
    ? ["Only the sign is wrong."]
    : ["Here each number has the opposite sign."];
}

const fits = ({ shape }) =>
  shape?.length === 2 && Math.min(...shape) > 0 && Math.max(...shape) <= 10;

function tablesOf(got, wanted) {
  if (!fits(wanted)) return [];
  const wrong = wrongPlaces(got.numbers, wanted.numbers, false);
  const gap = got.numbers.map((value, i) => value - wanted.numbers[i]);
  return [
    { caption: "expected", ...wanted },
    { caption: "yours", ...got, wrong },
    { caption: "difference", shape: wanted.shape, numbers: gap, wrong },
  ];
}

function judgeCases(data, answer) {
  const { cases, atLeast } = data;
  const wanted = data.right;
  const got = cases.map(({ given }) => RUNS[data.run](answer, given, data));
  const failed = got.findIndex((came, i) =>
    atLeast === null ? !same(came, wanted[i], false) : !came.numbers.every((x) => x >= atLeast),
  );
  if (failed < 0) return { status: "correct", lines: praise(data) };
  const [came, right] = [got[failed], wanted[failed]];
  let words = difference(came, right);
  if (atLeast !== null) {
    const digits = digitsApart([[atLeast, came.numbers[0]]]);
    const [enough, reached] = [atLeast, came.numbers[0]].map((value) => number(value, digits));
    words = `at least ${enough} is asked for, but it is ${reached}.`;
  }
  const { said, given, names } = cases[failed];
  const shown = given.map((value, i) => ({ caption: names[i], ...value })).filter(fits);
  words =
    (cases.length > 1 ? `Case ${failed + 1} of ${cases.length}: ` : "") +
    `with ${said}, ${words}`;
  const known = data.mistakes.find(({ outcomes }) =>
    outcomes.every((outcome, i) => outcome && same(got[i], outcome, false)),
  );
  const tables = atLeast === null ? [...shown, ...tablesOf(came, right)] : [];
  const lines = known
    ? [known.advice, asHtml(words)]
    : [asHtml(words), ...clue(got, wanted, failed)];
  return { status: "wrong", lines, tables };
}
