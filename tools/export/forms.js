// A field and a button where an exercise asks for numbers.
for (const place of document.querySelectorAll(".exercise")) {
  const kept = place.querySelector("script");
  if (!kept) continue;
  const data = JSON.parse(kept.textContent);
  const verdict = place.querySelector("[role=status]");
  const form = document.createElement("form");
  const label = document.createElement("label");
  const field = document.createElement("input");
  const button = document.createElement("button");
  label.append("Your answer ", field);
  field.autocomplete = "off";
  field.spellcheck = false;
  field.autocapitalize = "off";
  button.textContent = "Check";
  form.append(label, button);
  verdict.before(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { status, line } = judge(data, field.value);
    const [sign, word, colour] = data.signs[status];
    verdict.style.borderLeftColor = colour;
    verdict.innerHTML =
      `<p><strong><span aria-hidden="true">${sign}</span> ${word}:</strong> ${data.title}</p>` +
      (line && `<p>${line}</p>`);
    if (status !== "blank") place.classList.add("tried");
  });
  // A solution is for those who have tried, or asked for a hint.
  place.classList.add("asks");
  for (const hint of place.querySelectorAll(".hint"))
    hint.addEventListener("toggle", () => place.classList.add("tried"));
}
