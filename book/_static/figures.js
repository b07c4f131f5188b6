// Figures that can be looked at closely: a click, or the button below, shows one as large as the window. Escape closes it.
document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.createElement("dialog");
  dialog.className = "ra-enlarged";
  const close = Object.assign(document.createElement("button"), { type: "button", className: "ra-tool", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);

  const enlarge = (figure) => {
    const pictures = [...figure.querySelectorAll("img")].map((picture) => picture.cloneNode());
    dialog.setAttribute("aria-label", figure.querySelector("figcaption").innerText);
    dialog.replaceChildren(close, ...pictures);
    dialog.showModal();
  };

  document.querySelectorAll("figure.ra-figure").forEach((figure) => {
    const tools = figure.querySelector(".ra-tools") ?? figure.appendChild(document.createElement("div"));
    tools.className = "ra-tools";
    const button = Object.assign(document.createElement("button"), { type: "button", className: "ra-tool", textContent: "Enlarge" });
    button.addEventListener("click", () => enlarge(figure));
    figure.querySelectorAll("img").forEach((picture) => picture.addEventListener("click", () => { button.focus(); enlarge(figure); }));
    tools.prepend(button);

    // The arrow keys go from point to point of the figure that has the focus; Escape goes back to the figure.
    const points = [...figure.querySelectorAll(".ra-point")];
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!points.length || !(step || event.key === "Escape") || event.target.closest(".ra-tools")) return;
      event.preventDefault();
      event.stopPropagation();
      const at = points.indexOf(document.activeElement);
      if (!step) figure.focus();
      else points[at < 0 ? (step > 0 ? 0 : points.length - 1) : (at + step + points.length) % points.length].focus();
    });
  });
});

// Pictures further down, and last what is folded, come once the page is there, one by one, so that it answers at once: whoever
// prints or keeps it has them all. Paper is light, so that those of the dark theme come only to whom they are shown.
addEventListener("load", () => {
  const dark = document.documentElement.dataset.theme === "dark";
  const later = [...document.querySelectorAll("img[loading=lazy]")].filter((picture) => dark || !picture.matches(".ra-dark"));
  later.sort((one, other) => !one.offsetParent - !other.offsetParent);
  const next = () => {
    const picture = later.shift();
    if (!picture) return;
    picture.loading = "eager";
    picture.decode().catch(() => {}).then(() => setTimeout(next));
  };
  next();
});
