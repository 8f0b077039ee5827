// Finds the words of the address (?q=...) in the lessons' headings, prose and terms.
{
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const words = plain(query).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  // At the beginning of a word: "pool" finds "pooling", and "cnn" not "scnn".
  const patterns = words.map((word) => new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "u"));

  // 0 where a word is missing; a heading weighs more than prose, a whole one most.
  function weight({ of, title, text }) {
    const [head, prose] = [plain(title), plain(text)];
    if (head === words.join(" ")) return of === "Glossary" ? 1000 : 900;
    let sum = 0;
    for (const pattern of patterns) {
      const inHead = pattern.test(head);
      const times = prose.split(pattern).length - 1;
      if (!inHead && !times) return 0;
      sum += (inHead ? 20 : 0) + Math.min(times, 5);
    }
    return sum;
  }

  // A piece of the prose around the first word, which is marked.
  function piece(text) {
    const at = Math.max(0, plain(text).search(patterns[0]) - 60);
    const start = at && text.indexOf(" ", at) + 1;
    const part = text.slice(start, start + 180);
    const line = document.createElement("p");
    line.append(start ? "… " : "");
    let from = 0;
    for (const found of plain(part).matchAll(new RegExp(patterns.map((p) => p.source).join("|"), "gu"))) {
      const mark = document.createElement("mark");
      mark.textContent = part.slice(found.index, found.index + found[0].length);
      line.append(part.slice(from, found.index), mark);
      from = found.index + found[0].length;
    }
    line.append(part.slice(from), start + part.length < text.length ? " …" : "");
    return line;
  }

  document.querySelector("input[name=q]").value = query;
  const told = document.getElementById("told");
  if (words.length) {
    const found = window.COURSE.map((entry) => ({ entry, weight: weight(entry) }))
      .filter(({ weight }) => weight)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, 40);
    told.textContent = found.length ? `${found.length} places for “${query}”` : `Nothing has “${query}”. Try one word, or its beginning.`;
    for (const { entry } of found) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = entry.at;
      link.textContent = entry.title;
      item.append(link, entry.of === entry.title ? "" : ` · ${entry.of}`, entry.text ? piece(entry.text) : "");
      document.getElementById("found").append(item);
    }
  } else told.textContent = "Type a word into the field above.";
}
