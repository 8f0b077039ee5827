// The planned pace against the real one: in words, below the clock of the speaker view.
"use strict";
{
  const planned = [...document.querySelectorAll("[data-timing]")];
  const seconds = (slides) => slides.reduce((sum, { dataset }) => sum + Number(dataset.timing), 0);

  // `?minutes=90` plans as many; else the deck brings the plan of `pace.py`.
  const wanted = new URLSearchParams(location.search).get("minutes") * 60;
  const all = seconds(planned);
  if (wanted > 0) for (const { dataset } of planned) dataset.timing = Math.round((dataset.timing / all) * wanted);

  // The view says what is left for this slide, as -00:01:20.
  const left = (shown) => {
    const [h, m, s] = shown.match(/\d+/g).map(Number);
    return (h * 3600 + m * 60 + s) * (shown.startsWith("-") ? -1 : 1);
  };
  const inMinutes = (time) => (time < 60 ? `${Math.round(time)} seconds` : `${Math.round(time / 60)} min`);

  function words(rest, slide) {
    const here = Number(slide.dataset.timing);
    const after = seconds(planned.slice(planned.indexOf(slide) + 1));
    const end = new Date(Date.now() + (Math.max(rest, 0) + after) * 1000);
    const at = end.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const pace = rest < 0 ? `${inMinutes(-rest)} behind the plan` : rest > here ? `${inMinutes(rest - here)} ahead of the plan` : "As planned";
    return `${pace}. As planned from here on, the lesson ends at ${at}.`;
  }

  // It sends a heartbeat each second, for which it gets the words.
  addEventListener("message", ({ source, data }) => {
    if (typeof data !== "string" || !data.includes('"heartbeat"')) return;
    const pacing = source.document.querySelector(".pacing");
    if (!planned.length || pacing.style.display) return;
    const line = source.document.getElementById("pace") ?? pacing.parentNode.appendChild(source.document.createElement("p"));
    line.id = "pace";
    line.textContent = words(left(pacing.textContent.trim()), Reveal.getCurrentSlide());
  });
}
