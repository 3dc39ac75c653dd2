// Deciding addresses by keys: j and k go from phrase to phrase, a digit presses that button of the phrase.

const table = document.querySelector<HTMLTableElement>("table[data-places]");
if (table) decide([...table.tBodies[0]!.rows]);

function decide(rows: HTMLTableRowElement[]): void {
  let at = -1;
  document.addEventListener("keydown", (e) => {
    const from = e.target instanceof HTMLElement ? e.target : document.body;
    if (e.ctrlKey || e.metaKey || e.altKey || from.closest("input, select, textarea, [role=dialog]")) return;
    const focused = rows.findIndex((row) => row.contains(from));
    if (focused >= 0) at = focused;
    if (e.key === "j" || e.key === "k") {
      at = Math.max(0, Math.min(rows.length - 1, at + (e.key === "j" ? 1 : -1)));
      rows[at]!.querySelector("button")!.focus();
      rows[at]!.scrollIntoView({ block: "nearest" });
    } else if (at >= 0 && e.key >= "1" && e.key <= "9") {
      const button = rows[at]!.querySelectorAll<HTMLButtonElement>("form:first-of-type button")[Number(e.key) - 1];
      button?.form?.requestSubmit(button);
    } else {
      return;
    }
    e.preventDefault();
  });
}
