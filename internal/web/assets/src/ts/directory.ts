// The directory answers while someone types; the arrow keys walk the answers, Enter opens the marked one.

import { isNumber } from "./lib/palette";

const form = document.querySelector<HTMLFormElement>("form[data-directory]");
const found = document.getElementById("found");
if (form && found) directory(form, found);

function directory(form: HTMLFormElement, found: HTMLElement): void {
  const field = form.querySelector<HTMLInputElement>("input[name=q]")!;
  let asking: AbortController | undefined;
  let asked = field.value.trim();
  let at = -1;

  const hits = () => [...found.querySelectorAll<HTMLAnchorElement>("[data-hit]")];
  const mark = (to: number) => {
    const all = hits();
    if (all.length === 0) return;
    at = Math.max(0, Math.min(all.length - 1, to));
    all.forEach((hit, i) => hit.classList.toggle("at", i === at));
    all[at]!.scrollIntoView({ block: "nearest" });
  };

  const ask = async () => {
    const text = field.value.trim();
    if (text === asked || isNumber(text)) return;
    asking?.abort();
    const mine = (asking = new AbortController());
    const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    const page = `${form.getAttribute("action")}?${query}`;
    query.set("part", "1");
    try {
      const answer = await fetch(`${form.getAttribute("action")}?${query}`, { signal: mine.signal });
      if (!answer.ok) return;
      const body = await answer.text();
      if (mine.signal.aborted) return;
      found.innerHTML = body;
      found.dataset.answered = text;
      asked = text;
      at = -1;
      history.replaceState(null, "", page);
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };

  field.addEventListener("input", ask);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(at + (event.key === "ArrowDown" ? 1 : -1));
    }
  });
  form.addEventListener("submit", (event) => {
    const hit = hits()[at];
    if (!hit) return;
    event.preventDefault();
    location.href = hit.href;
  });
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}
