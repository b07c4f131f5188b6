/* The table of claims sorts by a column: first up, then down, then back to the order of the paper. Without a script it stays as it is. */
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("#tab-claims table");
  if (!table) return;
  const bodies = [...table.tBodies], all = document.createElement("tbody");
  const rows = bodies.map((body) => [...body.rows]), claims = rows.flat().filter((row) => !row.classList.contains("ra-group"));
  const restore = () => { all.remove(); bodies.forEach((body, at) => { body.append(...rows[at]); table.append(body); }); };
  const text = (row, at) => row.cells[at].textContent.trim();
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.className = "ra-sort"; button.type = "button"; button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
      [...table.tHead.rows[0].cells].forEach((one) => one.removeAttribute("aria-sort"));
      restore();
      if (!next) return;
      head.setAttribute("aria-sort", next);
      const sorted = [...claims].sort((one, other) => text(one, at).localeCompare(text(other, at), "en"));
      bodies.forEach((body) => body.remove());
      all.append(...(next === "descending" ? sorted.reverse() : sorted));
      table.append(all);
    });
  });
});
