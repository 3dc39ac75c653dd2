// A field that names a subject proposes those that the base has, as a listbox: the arrow keys walk it, Enter takes one, and
// whatever else is typed stays.

interface Proposal {
  subject: number;
  name: string;
  code: string;
  where: string;
}

let made = 0;

/** combobox makes a field propose names from an address. With data-code the code of the chosen one goes into that field;
 * with data-several the last of several names is looked for; with data-into the chosen one becomes a line of that field. */
export function combobox(field: HTMLInputElement, from: string): void {
  const box = document.createElement("ul");
  box.className = "proposals";
  box.id = `proposals-${++made}`;
  box.hidden = true;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
  field.after(box);
  for (const [name, value] of [["role", "combobox"], ["aria-controls", box.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-haspopup", "listbox"]]) field.setAttribute(name, value);

  let asking: AbortController | undefined;
  let found: Proposal[] = [];
  let at = -1;

  const several = field.dataset.several !== undefined;
  const head = () => (several ? /^[\s\S]*[；;、]/.exec(field.value)?.[0] ?? "" : "");
  const show = (open: boolean) => {
    box.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) mark(-1);
  };
  const mark = (to: number) => {
    at = to;
    Array.from(box.children).forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", box.children[at].id);
      box.children[at].scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };
  const take = (one: Proposal) => {
    const lines = field.dataset.into ? (document.getElementById(field.dataset.into) as HTMLTextAreaElement | null) : null;
    if (lines) {
      const line = one.code ? `${one.code}\t${one.name}` : one.name;
      lines.value = lines.rows > 1 && lines.value.trim() !== "" ? `${lines.value.replace(/\s+$/, "")}\n${line}` : line;
      lines.dispatchEvent(new Event("input", { bubbles: true }));
      field.value = "";
    } else {
      field.value = head() + one.name;
    }
    const code = field.dataset.code ? (document.getElementById(field.dataset.code) as HTMLInputElement | null) : null;
    if (code) code.value = one.code;
    show(false);
  };
  const list = () => {
    box.textContent = "";
    found.forEach((one, i) => {
      const item = document.createElement("li");
      item.id = `${box.id}-${i}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const name = document.createElement("span");
      name.textContent = one.name;
      const note = document.createElement("span");
      note.className = "note";
      note.textContent = [one.code, one.where].filter((part) => part !== "").join(" · ");
      item.append(name, note);
      item.addEventListener("mousedown", (event) => {
        event.preventDefault(); // the field keeps the focus
        take(one);
      });
      box.append(item);
    });
    show(found.length > 0);
  };
  const ask = async () => {
    asking?.abort();
    const text = field.value.slice(head().length).trim();
    if (text === "") return show(false);
    const mine = (asking = new AbortController());
    const address = new URL(from, location.href);
    address.searchParams.set("q", text);
    if (field.dataset.relation) address.searchParams.set("relation", field.dataset.relation);
    try {
      const answer = await fetch(address, { signal: mine.signal });
      if (!answer.ok) return;
      const proposals = (await answer.json()) as Proposal[];
      if (mine.signal.aborted) return;
      found = proposals;
      list();
      field.dataset.answered = text;
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };

  field.addEventListener("input", ask);
  field.addEventListener("blur", () => show(false));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !box.hidden) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((at + step + found.length) % found.length);
    } else if (event.key === "Escape" && !box.hidden) {
      show(false);
    } else {
      return;
    }
    event.preventDefault();
  });
  // Enter sends a form; here it takes what is marked.
  field.form?.addEventListener("submit", (event) => {
    if (box.hidden || at < 0 || document.activeElement !== field) return;
    event.preventDefault();
    take(found[at]);
  });
}
