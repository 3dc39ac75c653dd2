// What opens over a page, such as the filter of a column, closes when another one opens, at a click beside it and with Escape.
export function pops(): void {
  const all = () => document.querySelectorAll<HTMLDetailsElement>("details[data-pop]");
  for (const pop of all()) {
    pop.addEventListener("toggle", () => {
      if (!pop.open) return;
      for (const other of all()) if (other !== pop) other.open = false;
      const box = pop.querySelector<HTMLElement>(".sieve-box");
      if (!box) return;
      const head = pop.getBoundingClientRect();
      if (window.innerWidth > 720) { // on a phone the sheet of styles says where it stands
        box.style.left = `${Math.max(8, Math.min(head.left, window.innerWidth - box.offsetWidth - 8))}px`;
        box.style.top = `${Math.max(8, Math.min(head.bottom + 2, window.innerHeight - box.offsetHeight - 8))}px`;
      }
      box.querySelector<HTMLElement>("input")?.focus({ preventScroll: true });
    });
  }
  document.addEventListener("click", (event) => {
    for (const pop of all()) if (pop.open && !pop.contains(event.target as Node)) pop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const pop of all()) {
      if (!pop.open) continue;
      pop.open = false;
      pop.querySelector<HTMLElement>("summary")?.focus();
    }
  });
  // The box stands where its head stood.
  document.querySelector(".list-scroll")?.addEventListener("scroll", () => {
    for (const pop of all()) if (pop.querySelector(".sieve-box")) pop.open = false;
  });
}
