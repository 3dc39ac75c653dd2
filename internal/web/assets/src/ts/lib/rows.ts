// Tables that are walked by the keyboard: j and k move, Enter opens, x selects. Keys of a page's own controls come first.
import { typing } from "./palette";

export function rows(): void {
  const table = document.querySelector<HTMLTableElement>("table[data-rows]");
  if (!table) return;
  const all = Array.from(table.tBodies[0].rows).filter((row) => row.querySelector("a"));
  let at = all.findIndex((row) => row.classList.contains("at")); // the row of which the page shows more

  const move = (to: number) => {
    if (all.length === 0) return;
    if (at >= 0) all[at].classList.remove("at");
    at = Math.max(0, Math.min(all.length - 1, to));
    all[at].classList.add("at");
    const link = all[at].querySelector<HTMLAnchorElement>("th a, td a")!;
    link.focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };
  const picked = document.querySelector<HTMLElement>("[data-picked]");
  const ticks = Array.from(table.querySelectorAll<HTMLInputElement>("td.pick input"));
  const count = () => {
    const n = ticks.filter((tick) => tick.checked).length;
    for (const tick of ticks) tick.closest("tr")!.classList.toggle("picked", tick.checked);
    if (picked) {
      picked.hidden = n === 0;
      picked.querySelector("[data-count]")!.textContent = String(n);
    }
  };
  for (const tick of ticks) tick.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  table.addEventListener("focusin", (event) => {
    const row = (event.target as HTMLElement).closest("tr");
    const i = row ? all.indexOf(row) : -1;
    if (i >= 0 && i !== at) {
      if (at >= 0) all[at].classList.remove("at");
      at = i;
      all[at].classList.add("at");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) return; // a control of the page has this key
    switch (event.key) {
      case "j":
        move(at + 1);
        break;
      case "k":
        move(at - 1);
        break;
      case "x": {
        const tick = at >= 0 ? all[at].querySelector<HTMLInputElement>("td.pick input") : null;
        if (!tick) return;
        tick.checked = !tick.checked;
        count();
        break;
      }
      case "Enter":
        // A focused link or button acts by itself.
        if (at < 0 || document.activeElement?.closest("a, button, summary")) return;
        all[at].querySelector<HTMLAnchorElement>("th a, td a")!.click();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
