// Light or dark as the system has it, until the reader says otherwise.
{
  const page = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Some browsers refuse to remember anything for a file on the disk.
  const remember = (change) => {
    try {
      return change(localStorage);
    } catch {
      return null;
    }
  };
  let chosen = remember((kept) => kept.getItem("course-theme"));
  const show = () => (page.dataset.theme = chosen || (dark.matches ? "dark" : "light"));
  show();
  dark.addEventListener("change", show);
  // Paper is white: what is pale on a dark page could not be read on it.
  let before = "";
  addEventListener("beforeprint", () => {
    before = page.dataset.theme;
    page.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (page.dataset.theme = before));
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      chosen = page.dataset.theme === "dark" ? "light" : "dark";
      show();
      remember((kept) => kept.setItem("course-theme", chosen));
    });
    // On a phone the contents would fill the first screens.
    if (innerWidth < 1000) document.querySelector("nav details")?.removeAttribute("open");
  });
}
