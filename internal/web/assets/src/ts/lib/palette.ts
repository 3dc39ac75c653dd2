// The search of every page: a field with a list that answers while somebody types, opened by / or Ctrl-K, walked by the arrow keys.
// The focus stays in the field; aria-activedescendant tells which answer is at hand.

/** typing reports whether a key press belongs to a field. */
export function typing(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  return at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && (at as HTMLInputElement).type !== "checkbox";
}

/** isNumber reports whether a text is as long as an identity number, which stands in no address. */
export function isNumber(text: string): boolean {
  return /^[0-9０-９]{17}[0-9０-９XxＸｘ]$/.test(text.replace(/[\s-]/g, ""));
}

/** numbers sends a search for an identity number as a form, and not as an address. */
export function numbers(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    // A field of a list may stand outside its form, which it names.
    const fields = Array.from(form.elements).filter((e): e is HTMLInputElement => e instanceof HTMLInputElement && ["q", "text", "find"].includes(e.name));
    const field = fields.find((f) => isNumber(f.value));
    if (event.defaultPrevented || form.method !== "get" || !field) return;
    field.name = "q";
    form.method = "post";
    form.action = "/search";
  });
}

export function palette(): void {
  const field = document.querySelector<HTMLInputElement>("[data-palette]");
  const box = document.getElementById("palette");
  if (!field || !box || !field.form) return;
  let asking: AbortController | undefined;
  let at = -1;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");
  field.setAttribute("aria-expanded", "false");

  const hits = () => Array.from(box.querySelectorAll<HTMLAnchorElement>("[data-hit]"));
  const choose = (to: number) => {
    at = to;
    hits().forEach((hit, i) => {
      hit.classList.toggle("at", i === at);
      hit.setAttribute("aria-selected", String(i === at));
    });
    const hit = hits()[at];
    if (hit) {
      field.setAttribute("aria-activedescendant", hit.id);
      hit.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };
  const show = (open: boolean) => {
    box.hidden = !open;
    field.setAttribute("aria-expanded", String(open && hits().length > 0));
    if (open && hits().length > 0) field.setAttribute("aria-controls", "found-list");
    else field.removeAttribute("aria-controls");
    if (!open) choose(-1);
  };
  const ask = async () => {
    asking?.abort();
    const text = field.value.trim();
    if (text === "") return show(false);
    const mine = (asking = new AbortController());
    const query = new URLSearchParams(new FormData(field.form!) as unknown as Record<string, string>);
    query.set("part", "1");
    try {
      const answer = isNumber(text)
        ? await fetch("/search", { method: "POST", body: query, signal: mine.signal })
        : await fetch(`${field.form!.getAttribute("action")}?${query}`, { signal: mine.signal });
      if (!answer.ok) return;
      const page = await answer.text();
      if (mine.signal.aborted) return;
      box.innerHTML = page;
      choose(-1);
      show(true);
      box.dataset.answered = text;
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };

  field.addEventListener("input", ask);
  field.addEventListener("focus", () => {
    if (field.value.trim() !== "") ask();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the arrows choose among the words of an input method
    const n = hits().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (n > 0 && !box.hidden) choose(event.key === "ArrowDown" ? (at + 1) % n : (at <= 0 ? n : at) - 1);
    } else if (event.key === "Escape") {
      if (box.hidden) field.blur();
      else show(false);
    } else if (event.key === "Tab") {
      show(false);
    }
  });
  field.form.addEventListener("submit", (event) => {
    if (box.hidden || at < 0) return;
    event.preventDefault();
    location.href = hits()[at].href;
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target as Node) && event.target !== field) show(false);
  });
  document.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !typing(event) && !event.ctrlKey && !event.metaKey && !event.altKey;
    const ctrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (slash || ctrlK) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}
