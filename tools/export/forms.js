// Exercises of a page or deck: fields, Check, hints one by one, a solution after a try.

function make(tag, settings = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), settings);
  element.append(...inside.filter(Boolean));
  return element;
}

const button = (words, settings = {}) =>
  make("button", { type: "button", textContent: words, ...settings });

function field(name, value = "") {
  const input = make("input", { value, placeholder: "...", autocomplete: "off" });
  input.spellcheck = false;
  input.autocapitalize = "off";
  input.setAttribute("autocorrect", "off");
  if (name) input.setAttribute("aria-label", name);
  return input;
}

// Several numbers as one field each, or in one line: whichever is at hand.
function fieldsOf({ shape, blank }) {
  const line = field("");
  const label = make("label", {}, "Your answer ", line);
  const size = blank.length;
  if (!shape.length || shape.length > 2 || size > 16)
    return { element: label, typed: () => line.value };
  const columns = shape.at(-1);
  const name = (i) =>
    shape.length === 1 ? `index ${i}` : `row ${Math.floor(i / columns)}, column ${i % columns}`;
  const inputs = blank.map((given, i) => field(name(i), given));
  const grid = make("span", { className: "grid" }, ...inputs);
  grid.style.setProperty("--columns", columns);
  const change = button("In one line", { className: "change" });
  const element = make("fieldset", {}, make("legend", { textContent: "Your answer" }), grid, label, change);
  label.hidden = true;

  const nested = () => {
    const values = inputs.map((input) => input.value);
    if (shape.length === 1) return values;
    return Array.from({ length: shape[0] }, (_, i) => values.slice(i * columns, (i + 1) * columns));
  };
  const inWords = (value) =>
    Array.isArray(value) ? `(${value.map(inWords).join(", ")})` : value.trim() || "...";
  function typed() {
    if (!label.hidden) return line.value;
    const filled = inputs.filter(({ value }, i) => value.trim() && value !== blank[i]);
    const whole = filled.length === 1 && /[,x×[]/.test(filled[0].value);
    return whole ? filled[0].value : nested();
  }
  change.addEventListener("click", () => {
    if (label.hidden) line.value = inWords(nested());
    label.hidden = !label.hidden;
    grid.hidden = !label.hidden;
    change.textContent = label.hidden ? "In one line" : "In fields";
    (label.hidden ? inputs[0] : line).focus();
  });
  return { element, typed };
}

// On a slide what is told stands on a card, over the slide: there is no room below.
function cardOf(place, told) {
  const slide = place.closest(".reveal section");
  const close = button("Close", { className: "close" });
  if (!slide) return { open: () => {} };
  told.append(close);
  const hide = () => told.classList.remove("open");
  close.addEventListener("click", () => {
    hide();
    place.querySelector("input, button").focus();
  });
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (told.classList.contains("open")) hide();
      else event.target.blur(); // the keys turn slides again
    }
    // In a field reveal.js leaves all keys alone; on buttons it takes these.
    if ([" ", "Enter", "Escape"].includes(event.key)) event.stopPropagation();
  });
  Reveal.on("slidechanged", hide);
  return {
    open() {
      let [top, parent] = [0, place];
      for (; parent && parent !== slide; parent = parent.offsetParent) top += parent.offsetTop;
      const [bottom, height] = [top + place.offsetHeight, slide.offsetHeight];
      const below = height - bottom - 16;
      Object.assign(told.style, { top: `${bottom + 4}px`, bottom: "auto", maxHeight: "none" });
      told.classList.add("open");
      const above = told.offsetHeight > below && top - 16 > below;
      if (above) Object.assign(told.style, { top: "auto", bottom: `${height - top + 4}px` });
      told.style.maxHeight = `${above ? top - 16 : below}px`;
      told.scrollTop = 0;
    },
  };
}

// Hints one after the other, and the solution for those who have tried or seen one.
function helpOf(place, id, told, open) {
  const hints = [...place.querySelectorAll(".hint p")].map(({ innerHTML }) => innerHTML);
  const solution = place.querySelector(".solution");
  for (const fold of place.querySelectorAll(".hint")) fold.remove();
  solution.remove();
  const shown = make("div", { className: "hints" });
  const answer = make("div", { className: "solution", hidden: true });
  answer.append(...solution.querySelectorAll("pre, p"));
  told.append(shown, answer);
  const more = button("Hint", { className: "more" });
  const show = button("Show a solution", { className: "show" });
  const tried = () => (show.hidden = false);
  show.hidden = !progress.status(id);
  show.setAttribute("aria-expanded", "false");
  more.addEventListener("click", () => {
    const next = shown.childElementCount;
    const line = make("p");
    line.innerHTML = `<strong>Hint ${next + 1} of ${hints.length}:</strong> ${hints[next]}`;
    shown.append(line);
    tried();
    open();
    line.scrollIntoView({ block: "nearest" });
    if (next + 1 < hints.length) {
      more.textContent = "Next hint";
      return;
    }
    more.hidden = true;
    show.focus();
  });
  show.addEventListener("click", () => {
    answer.hidden = !answer.hidden;
    show.textContent = answer.hidden ? "Show a solution" : "Hide the solution";
    show.setAttribute("aria-expanded", String(!answer.hidden));
    if (!answer.hidden) open();
  });
  more.hidden = !hints.length;
  return { buttons: [more, show], tried };
}

function enliven(place) {
  const id = place.dataset.exercise;
  const kept = place.querySelector("script");
  const data = kept && JSON.parse(kept.textContent);
  const verdict = place.querySelector("[role=status]");
  const rest = make("div", { className: "rest" });
  const told = make("div", { className: "told" }, rest);
  told.setAttribute("aria-live", "polite");
  const card = cardOf(place, told);
  const { buttons, tried } = helpOf(place, id, told, card.open);
  if (!data) {
    verdict.after(make("div", { className: "buttons" }, ...buttons), told);
    return;
  }
  for (const line of [...verdict.children].slice(1)) line.remove();
  const { element, typed } = fieldsOf(data);
  const check = button("Check", { type: "submit" });
  const form = make("form", {}, element, make("span", { className: "buttons" }, check, ...buttons));
  verdict.after(form, told);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const judged = judge(data, typed());
    const { colour, head, rest: words } = verdictHtml(data.title, COURSE.signs, judged);
    verdict.style.borderLeftColor = colour;
    verdict.innerHTML = head;
    rest.innerHTML = words;
    if (judged.status !== "blank") {
      progress.remember(id, judged.status);
      rest.append(make("p", { className: "count", textContent: progress.count(id.slice(0, 2)) }));
      tried();
    }
    card.open();
  });
}

document.querySelectorAll(".exercise").forEach(enliven);

// Quizzes live by themselves; what was chosen is in their model.
document.addEventListener("click", ({ target }) => {
  const place = target.closest?.(".explorer[data-quiz]");
  const choice = place?.model?.get("choice") ?? -1;
  if (choice < 0 || !target.closest("button")) return;
  const { quiz } = place.dataset;
  const { right } = place.model.get("options")[choice];
  progress.remember(quiz, right ? "correct" : "wrong");
  place.model.set("note", progress.count(quiz.slice(0, 2)));
});
