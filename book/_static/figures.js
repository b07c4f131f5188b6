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
  });
});
