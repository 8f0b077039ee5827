// What is wider than the page is scrolled in its own box: with the keyboard, too.
{
  const boxes = document.querySelectorAll(
    "main :is(pre, table, .jp-OutputArea-output, math[display=block]):not(.explorer, .explorer *, [tabindex])",
  );
  const mark = () => {
    for (const box of boxes)
      if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
  };
  addEventListener("load", mark);
  addEventListener("resize", mark);
}
