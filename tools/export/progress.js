// What was solved, in the browser's own storage: nothing is sent.
const COURSE = JSON.parse(document.getElementById("course").textContent);

const progress = (() => {
  const key = `course-progress-${COURSE.version}`;
  let found = {};
  let refused = false; // some browsers refuse to store anything for a file on the disk
  const store = (change) => {
    try {
      return change(localStorage);
    } catch {
      refused = true;
      return null;
    }
  };
  function load() {
    const text = store((kept) => kept.getItem(key));
    if (refused) return;
    found = {};
    try {
      const stored = JSON.parse(text ?? "{}");
      for (const [id, status] of Object.entries(stored ?? {}))
        if (status === "correct" || status === "wrong") found[id] = status;
    } catch {
      // not ours, or spoilt: it counts as nothing
    }
  }
  const solved = (lesson) =>
    Object.keys(found).filter((id) => id.startsWith(`${lesson}.`) && found[id] === "correct")
      .length;
  function show() {
    load();
    for (const line of document.querySelectorAll(".progress[data-lesson]")) {
      const { lesson } = line.dataset;
      const [count, total] = [solved(lesson), COURSE.totals[lesson] ?? 0];
      line.textContent = count
        ? `${count} of ${total} exercises solved`
        : `${total} exercises`;
    }
    for (const button of document.querySelectorAll(".forget"))
      button.hidden = !Object.keys(found).length;
    for (const note of document.querySelectorAll(".refused")) note.hidden = !refused;
  }
  const status = (id) => found[id];
  // What was solved once stays solved.
  function remember(id, status) {
    load();
    if (found[id] !== "correct") found[id] = status;
    store((kept) => kept.setItem(key, JSON.stringify(found)));
    show();
  }
  function forget() {
    found = {};
    store((kept) => kept.removeItem(key));
    show();
  }
  const count = (lesson) =>
    `${solved(lesson)} of ${COURSE.totals[lesson] ?? 0} in this lesson` +
    (refused ? ", kept while this page is open: the browser stores nothing for it" : "");
  addEventListener("storage", show); // solved in another window
  addEventListener("pageshow", show);
  for (const button of document.querySelectorAll(".forget"))
    button.addEventListener("click", () => {
      if (confirm("Forget which exercises were solved in this browser?")) forget();
    });
  show();
  return { status, remember, forget, count };
})();
