// Choosing a password: while it is typed, the page says how strong it is and which rules it does not meet yet.

const field = document.querySelector<HTMLInputElement>("input[data-strength]");
if (field) judge(field);

function judge(field: HTMLInputElement): void {
  const box = field.parentElement!.querySelector<HTMLElement>("[data-meter]")!;
  const meter = box.querySelector("meter")!;
  const says = box.querySelector<HTMLElement>("[data-says]")!;
  const rules = [...document.querySelectorAll<HTMLElement>("[data-rules] li")];
  const ids = ["length", "kinds", "own", "org", "field", "weak"];
  let timer = 0;
  let asked = 0;
  const ask = async (): Promise<void> => {
    const mine = ++asked;
    const form = new URLSearchParams({ password: field.value, link: field.dataset["link"] ?? "" });
    const answer = await fetch(field.dataset["strength"]!, { method: "POST", body: form, headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    const got = (await answer.json()) as { score: number; broken: string[] | null };
    const broken = got.broken ?? [];
    box.hidden = false;
    meter.value = broken.length > 0 ? Math.min(got.score, 1) : got.score;
    const missing = ids.flatMap((id, i) => (broken.includes(id) ? [rules[i]?.textContent ?? id] : []));
    says.textContent = missing.length === 0 ? says.dataset["good"]! : `${says.dataset["bad"]!}: ${missing.join("; ")}`;
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value === "") {
      box.hidden = true;
      return;
    }
    timer = window.setTimeout(() => void ask(), 250);
  });
}
