// Numbers on coloured cells, to read or to type: ConvolutionExplorer's window, kernel, products.

/** A field for one number: typed, or stepped with the arrow keys. */
function numberField(label, { onEdit, onSelect }) {
  const field = h("input", { type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": label });
  field.addEventListener("input", () => {
    const number = Number(field.value.trim().replace(MINUS, "-").replace(",", "."));
    const valid = field.value.trim() !== "" && Number.isFinite(number);
    field.classList.toggle("cx-invalid", !valid);
    field.title = valid ? "" : "a number is needed, such as 0.5 or -1";
    if (valid) onEdit(number);
  });
  field.addEventListener("focus", () => (onSelect(), field.select()));
  field.addEventListener("blur", () => (field.classList.remove("cx-invalid"), onEdit(null)));
  field.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 0.5, ArrowDown: -0.5 }[event.key];
    if (by) (onEdit(by, true), event.preventDefault());
    if (event.key === "Enter" || event.key === "Escape") field.blur();
  });
  return field;
}

/** Colour and text of one cell; a field that is being typed in keeps its text. */
function showNumber(cell, { rgb, marked, value, text }) {
  cell.style.background = rgb ? css(rgb) : "";
  cell.classList.toggle("cx-outside", !rgb);
  cell.classList.toggle("cx-marked", marked);
  const field = cell.querySelector("input");
  (field ?? cell).style.color = rgb ? ink(rgb) : "";
  if (!field) cell.textContent = text;
  else if (document.activeElement !== field && field.getRootNode().activeElement !== field) field.value = text;
  cell.title = String(value);
}

/** A table of numbers on coloured cells; editable cells are input fields. */
function numberTable(onPoint, onEdit, onSelect) {
  const table = h("table", { class: "cx-numbers" });
  let cells = [];
  let shape = "";

  function build(rows, columns, label) {
    shape = `${rows} ${columns} ${label}`;
    table.setAttribute("aria-label", label);
    cells = Array.from({ length: rows * columns }, (_, at) => {
      const cell = h("td", { onpointerenter: () => onPoint(at), onpointerleave: () => onPoint(null) });
      const name = `${label}, row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}`;
      if (onEdit) {
        cell.append(numberField(name, { onEdit: (...edit) => onEdit(at, ...edit), onSelect: () => onSelect(at) }));
      }
      return cell;
    });
    const line = (y) => h("tr", {}, ...cells.slice(y * columns, (y + 1) * columns));
    table.replaceChildren(...Array.from({ length: rows }, (_, y) => line(y)));
  }

  return {
    element: table,
    update({ h: rows, w: columns, label, value, colour, marked, chosen }) {
      if (shape !== `${rows} ${columns} ${label}`) build(rows, columns, label);
      cells.forEach((cell, at) => {
        const text = columns > 5 ? format(value(at)).replace("0.", ".") : format(value(at));
        showNumber(cell, { rgb: colour(at), marked: at === marked || at === chosen, value: value(at), text });
      });
    },
    refresh(at, text) {
      cells[at].firstChild.value = text;
    },
  };
}
