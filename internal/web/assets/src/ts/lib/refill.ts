// A form that was refused comes back to its page as it was filled in. Where the page has several forms with such fields to the same
// address, what was written stands above them only.
interface Sent {
  action: string;
  fields: { Name: string; Value: string }[];
}

export function refill(): void {
  const notice = document.querySelector<HTMLElement>("[data-refill]");
  if (!notice) return;
  const sent = JSON.parse(notice.dataset.refill!) as Sent;
  const forms = Array.from(document.querySelectorAll<HTMLFormElement>("form")).filter(
    (form) =>
      form.getAttribute("method")?.toLowerCase() === "post" &&
      new URL(form.getAttribute("action") ?? "", location.href).pathname === sent.action &&
      sent.fields.every((field) => form.elements.namedItem(field.Name)),
  );
  if (forms.length !== 1) return;
  const values = new Map<string, string[]>();
  for (const field of sent.fields) values.set(field.Name, [...(values.get(field.Name) ?? []), field.Value]);
  for (const field of Array.from(forms[0].elements)) {
    if (field instanceof HTMLSelectElement) {
      const chosen = values.get(field.name);
      if (chosen) for (const option of Array.from(field.options)) option.selected = chosen.includes(option.value);
    } else if (field instanceof HTMLTextAreaElement) {
      field.value = values.get(field.name)?.shift() ?? field.value;
    } else if (field instanceof HTMLInputElement) {
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.get(field.name)?.includes(field.value) ?? false;
      else if (!["hidden", "password", "file", "submit", "button"].includes(field.type)) field.value = values.get(field.name)?.shift() ?? field.value;
    }
  }
  for (let fold = forms[0].closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  for (const shown of document.querySelectorAll("[data-written]")) shown.remove();
}
