// A drawing as the network of DigitPad gets it: the same arithmetic as in digit_pad.py.

const SIDE = 28;
const BOX = 20;
const FINE = 5;
const PEN = 1.2;
const INK = SIDE * FINE;

/** Lines drawn with a round pen, over a digit (28x28) or null: 140x140, 0 paper, 1 ink. */
function drawInk(strokes, example) {
  const ink = new Float64Array(INK * INK);
  if (example) ink.forEach((_, at) => (ink[at] = example[Math.floor(at / INK / FINE) * SIDE + Math.floor((at % INK) / FINE)]));
  const reach = FINE * PEN + 0.5;
  const reached = (start, end) => [
    clamp(Math.floor(Math.min(start, end) - reach), 0, INK),
    clamp(Math.ceil(Math.max(start, end) + reach), 0, INK),
  ];
  for (const line of strokes) {
    line.forEach((point, i) => {
      const [x0, y0] = line[Math.max(0, i - 1)].map((v) => FINE * v);
      const [x1, y1] = point.map((v) => FINE * v);
      const [left, right] = reached(x0, x1);
      const [top, bottom] = reached(y0, y1);
      const [dx, dy] = [x1 - x0, y1 - y0];
      const length = dx * dx + dy * dy;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const x = column + 0.5 - x0;
          const y = row + 0.5 - y0;
          const along = length ? clamp((x * dx + y * dy) / length, 0, 1) : 0;
          const awayX = x - along * dx;
          const awayY = y - along * dy;
          const value = clamp(reach - Math.sqrt(awayX * awayX + awayY * awayY), 0, 1);
          if (value > ink[row * INK + column]) ink[row * INK + column] = value;
        }
      }
    });
  }
  return ink;
}

/** Each pixel the average of its 25. */
function asDrawn(ink) {
  const picture = new Float64Array(SIDE * SIDE);
  ink.forEach((value, at) => {
    picture[Math.floor(at / INK / FINE) * SIDE + Math.floor((at % INK) / FINE)] += value / (FINE * FINE);
  });
  return { picture, box: null };
}

/** For each new pixel [old pixel, share of it in the average] of those it covers. */
function averages(old, size) {
  return Array.from({ length: size }, (_, i) => {
    const begin = (i * old) / size;
    const end = ((i + 1) * old) / size;
    const shares = [];
    for (let at = Math.floor(begin); at < Math.min(old, Math.ceil(end)); at++) {
      shares.push([at, ((Math.min(end, at + 1) - Math.max(begin, at)) * size) / old]);
    }
    return shares;
  });
}

/** Where to begin so that the centre of mass lies in 14..15, as in MNIST's own digits. */
function offset(mass) {
  let sum = 0;
  let moment = 0;
  mass.forEach((value, at) => ((sum += value), (moment += value * (at + 0.5))));
  return clamp(Math.ceil(SIDE / 2 - moment / sum - 1e-6), 0, SIDE - mass.length);
}

/** Scaled into 20x20 without a change of shape, centre of mass to the middle of 28x28. */
function centre(ink) {
  const picture = new Float64Array(SIDE * SIDE);
  let [top, bottom, left, right] = [INK, -1, INK, -1];
  ink.forEach((value, at) => {
    if (value <= 0) return;
    const row = Math.floor(at / INK);
    top = Math.min(top, row);
    bottom = row;
    left = Math.min(left, at % INK);
    right = Math.max(right, at % INK);
  });
  if (bottom < 0) return { picture, box: null };
  const sides = [bottom - top + 1, right - left + 1];
  const longer = Math.max(...sides);
  const [rows, columns] = sides.map((side) => Math.max(1, Math.floor((2 * BOX * side + longer) / (2 * longer))));
  const small = [];
  const across = averages(sides[1], columns);
  for (const down of averages(sides[0], rows)) {
    for (const shares of across) {
      let sum = 0;
      for (const [y, a] of down) for (const [x, b] of shares) sum += a * b * ink[(top + y) * INK + left + x];
      small.push(sum);
    }
  }
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  small.forEach((value, at) => ((byRow[Math.floor(at / columns)] += value), (byColumn[at % columns] += value)));
  const row = offset(byRow);
  const column = offset(byColumn);
  small.forEach((value, at) => (picture[(row + Math.floor(at / columns)) * SIDE + column + (at % columns)] = value));
  return { picture, box: { row, column, h: rows, w: columns } };
}
