// Tables that can be used: every one copies, a long one sorts by a column (up, down, back) and shows the rows that hold a word.
// Rows stay within their group. What is wider than its place says so. Without a script tables stay as they are.
document.addEventListener("DOMContentLoaded", () => {
  const LONG = 12;

  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const text = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(".ra-basis").forEach((part) => part.remove());
    return copy.textContent.trim();
  };
  const number = (words) => Number.parseFloat(words.replace("−", "-").replaceAll(",", "").replace(/^[<>≤≥±]\s*/, ""));

  const compare = (one, other) => {
    const [a, b] = [number(one), number(other)];
    if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
    return Number.isNaN(a) - Number.isNaN(b) || one.localeCompare(other, "en", { numeric: true });
  };

  const addCopy = (table, tools) => {
    const button = make("button", { type: "button", className: "ra-tool", textContent: "Copy" });
    const said = make("span", { role: "status", className: "ra-status" });
    button.addEventListener("click", async () => {
      const rows = [...table.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map(text).join("\t"));
      try {
        await navigator.clipboard.writeText(rows.join("\n"));
        said.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(table);
        said.textContent = "Selected: copy with the keyboard";
      }
    });
    tools.append(button, said);
  };

  const addSort = (table) => {
    const heads = [...[...table.tHead.rows].at(-1).cells];
    const bodies = [...table.tBodies].map((body) => ({ body, rows: [...body.rows].filter((row) => !row.matches(".ra-group")) }));
    heads.forEach((head, at) => {
      const button = make("button", { type: "button", className: "ra-sort" }, ...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        bodies.forEach(({ body, rows }) => {
          const order = next ? [...rows].sort((a, b) => sign * compare(text(a.cells[at]), text(b.cells[at]))) : rows;
          body.append(...order);
        });
      });
    });
  };

  const addFilter = (frame, table) => {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".ra-group"));
    const field = make("input", { type: "search", placeholder: "Filter rows" });
    field.setAttribute("aria-label", "Filter the rows of this table");
    const said = make("span", { role: "status", className: "ra-status" });
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
      [...table.tBodies].forEach((body) => { body.hidden = [...body.rows].every((row) => row.hidden || row.matches(".ra-group")); });
      said.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
    });
    frame.prepend(make("div", { className: "ra-filter" }, field, said));
  };

  // A table of a page of reference sorts and filters where it is longer than a look.
  const REFERENCE = 30;
  document.querySelectorAll(".pst-scrollable-table-container").forEach((frame) => {
    const table = frame.querySelector("table");
    if (table.tHead && table.rows.length > REFERENCE) {
      addSort(table);
      addFilter(frame, table);
    }
  });

  // Whatever is wider than its place is marked while it goes on to the right, and can be scrolled by the keyboard.
  // All parts are measured before the first is marked, so that the page is laid out once and not once for each.
  const measure = (part) => ({
    part,
    beyond: part.scrollWidth - part.clientWidth > 2,
    more: part.scrollLeft + part.clientWidth < part.scrollWidth - 2,
    head: part.querySelector("caption")?.offsetHeight,
  });
  const mark = ({ part, beyond, more, head }) => {
    if (beyond && !part.matches(".ra-scroll")) part.tabIndex = 0;
    if (beyond && head) part.style.setProperty("--ra-head", `${head}px`);
    part.classList.toggle("ra-more", beyond && more);
  };
  const sizes = new ResizeObserver((changed) => changed.map(({ target }) => measure(target)).forEach(mark));
  document.querySelectorAll(".ra-scroll, .pst-scrollable-table-container, .highlight pre").forEach((part) => {
    part.addEventListener("scroll", () => mark(measure(part)), { passive: true });
    sizes.observe(part);
  });

  document.querySelectorAll(".ra-table").forEach((frame) => {
    const table = frame.querySelector("table");
    const tools = frame.querySelector(".ra-tools") ?? frame.appendChild(make("div", { className: "ra-tools" }));
    addCopy(table, tools);
    if (table.tBodies.length && table.rows.length > LONG) {
      addSort(table);
      addFilter(frame, table);
    }
  });
});
