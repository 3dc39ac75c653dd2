// Forms: what an amount comes to is said beside it while someone types, names are proposed, and what is pasted is understood
// at once. All of it is answered by the server too, so forms work without it.
import { comesTo } from "./lib/amount";
import { combobox } from "./lib/combobox";

// What is wrong comes first, also for those who only hear the page.
document.querySelector<HTMLElement>("[data-errors]")?.focus();

for (const field of document.querySelectorAll<HTMLInputElement>("input[data-amount]")) {
  const echo = field.parentElement!.querySelector("output")!;
  field.addEventListener("input", () => {
    const sum = comesTo(field.value, field.dataset.amount!);
    echo.textContent = sum === "" ? "" : `= ${sum} ${echo.dataset.unit ?? field.dataset.amount}`;
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-propose]")) {
  for (const field of form.querySelectorAll<HTMLInputElement>("input[data-relation]")) combobox(field, form.dataset.propose!);
}

const form = document.querySelector<HTMLFormElement>("form[data-relate]");
const shown = form?.querySelector<HTMLElement>("[data-understood]");
if (form && shown) understand(form, shown);

// What the lines mean is shown while they are typed or pasted, and when one of several is chosen.
function understand(form: HTMLFormElement, shown: HTMLElement): void {
  let asking: AbortController | undefined;
  const ask = async () => {
    asking?.abort();
    const mine = (asking = new AbortController());
    const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    body.set("do", "look");
    const address = new URL(form.action);
    address.searchParams.set("part", "1");
    try {
      const answer = await fetch(address, { method: "POST", body, signal: mine.signal });
      if (!answer.ok) return;
      const page = await answer.text();
      if (mine.signal.aborted) return;
      const chosen = document.activeElement as HTMLInputElement | null;
      const again = chosen && shown.contains(chosen) ? `input[name="${chosen.name}"][value="${chosen.value}"]` : "";
      shown.innerHTML = page;
      if (again) shown.querySelector<HTMLInputElement>(again)?.focus();
      shown.dataset.answered = body.get("lines") ?? "";
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };
  form.querySelector("#lines")!.addEventListener("input", ask);
  shown.addEventListener("change", ask);
}
