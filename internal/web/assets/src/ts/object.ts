// The page of one subject: its tabs and cards open without a round trip, and what an address points at is shown, in whichever
// tab it stands. Without this, tabs and cards are links.

const panels = Array.from(document.querySelectorAll<HTMLElement>("[data-panel]"));
const tabs = Array.from(document.querySelectorAll<HTMLAnchorElement>("a[data-tab]"));
const cards = Array.from(document.querySelectorAll<HTMLAnchorElement>("a[data-opens]"));

const elsewhere = (event: MouseEvent) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;

// show opens the panel of a tab.
function show(id: string) {
  for (const panel of panels) panel.hidden = panel.dataset.panel !== id;
  for (const tab of tabs) {
    if (tab.dataset.tab === id) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

// reveal shows what an element stands in: its tab, and all that is folded around it.
function reveal(target: HTMLElement) {
  const panel = target.closest<HTMLElement>("[data-panel]");
  if (panel?.hidden) show(panel.dataset.panel!);
  for (let at: HTMLElement | null = target; at; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) at.open = true;
  }
  target.scrollIntoView({ block: "start" });
}

function pointed(): HTMLElement | null {
  try {
    return document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null;
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    if (elsewhere(event) || panels.length === 0) return;
    event.preventDefault();
    show(tab.dataset.tab!);
    history.replaceState(null, "", tab.href);
  });
}

// A card opens its recognition, which moves to the top, and closes the others.
for (const card of cards) {
  card.addEventListener("click", (event) => {
    const details = document.getElementById(card.dataset.opens!) as HTMLDetailsElement | null;
    if (!details || elsewhere(event)) return;
    event.preventDefault();
    for (const other of cards) {
      other.removeAttribute("aria-current");
      const part = document.getElementById(other.dataset.opens!) as HTMLDetailsElement | null;
      if (part) part.open = part === details;
    }
    card.setAttribute("aria-current", "true");
    show("conclusion");
    details.parentElement?.prepend(details);
    history.replaceState(null, "", card.href);
    details.querySelector("summary")?.focus({ preventScroll: true });
    details.scrollIntoView({ block: "nearest" });
  });
}

window.addEventListener("hashchange", () => {
  const target = pointed();
  if (target) reveal(target);
});
const target = pointed();
if (target?.closest("[data-panel]")) reveal(target);
