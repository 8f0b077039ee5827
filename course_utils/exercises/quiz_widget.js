// A question with choices. Works without a kernel: all feedback is in the traits.
const STYLE = `
.quiz { max-width: 60em; font-family: var(--jp-content-font-family, system-ui, sans-serif);
  font-size: var(--jp-content-font-size1, 15px); line-height: 1.4;
  color: var(--jp-content-font-color1, CanvasText); }
.quiz p { margin: 4px 0; }
.quiz button { display: block; width: 100%; margin: 6px 0; padding: 7px 12px; font: inherit;
  text-align: left; cursor: pointer; color: inherit; border-radius: 4px;
  background: var(--jp-layout-color2, ButtonFace);
  border: 1px solid var(--jp-border-color1, GrayText); }
.quiz button:hover { border-color: #0072b2; }
.quiz button:focus-visible { outline: 3px solid #e69f00; outline-offset: -3px; }
.quiz button[aria-pressed="true"] { border-left: 5px solid var(--quiz-sign); }
.quiz .feedback { padding-left: 17px; min-height: 1.45em; }
`;

function render({ model, el }) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  const quiz = document.createElement("div");
  quiz.className = "quiz";
  quiz.setAttribute("role", "group");
  quiz.setAttribute("aria-label", model.get("title"));
  // Space and Enter answer here; they must not turn the slide or run the cell as well.
  quiz.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") event.stopPropagation();
  });
  el.replaceChildren(style, quiz);

  const add = (tag, html, name = "") => {
    const part = document.createElement(tag);
    part.innerHTML = html;
    part.className = name;
    quiz.append(part);
    return part;
  };
  add("p", `<strong>${model.get("title")}</strong>`);
  add("p", model.get("question"));
  const options = model.get("options");
  const buttons = options.map((option, i) => {
    const button = add("button", `${String.fromCharCode(97 + i)}) ${option.text}`);
    button.type = "button";
    button.addEventListener("click", () => {
      model.set("choice", i);
      model.save_changes();
    });
    return button;
  });
  const feedback = add("p", "", "feedback");
  feedback.setAttribute("role", "status"); // is read out when it changes
  const note = add("p", "", "feedback");

  const show = () => {
    const choice = model.get("choice");
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === choice));
      button.style.setProperty("--quiz-sign", options[i].right ? "#009e73" : "#d55e00");
    });
    note.textContent = model.get("note");
    if (choice < 0) return;
    const { right, feedback: why } = options[choice];
    feedback.innerHTML = `<strong>${right ? "✓ Right" : "✗ Not this one"}:</strong> ${why}`;
  };
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
