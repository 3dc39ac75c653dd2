// What every page has: controls that act at once, the search palette, and the keyboard. Pages work without it.
import { help } from "./lib/help";
import { numbers, palette } from "./lib/palette";
import { pops } from "./lib/pops";
import { refill } from "./lib/refill";
import { rows } from "./lib/rows";

document.documentElement.classList.add("js");

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-autosubmit]")) {
  const send = () => {
    if (form.reportValidity()) form.requestSubmit ? form.requestSubmit() : form.submit();
  };
  // Fields that stand outside the form (under a table's heads) belong to it by their form attribute.
  // What has several parts is held until its own button sends it.
  for (const field of Array.from(form.elements)) {
    if (!field.closest("[data-hold]")) field.addEventListener("change", send);
  }
  // Empty fields say nothing, and today is what an address without a date means: leave them out, so that addresses stay short.
  form.addEventListener("submit", () => {
    for (const field of Array.from(form.elements) as HTMLInputElement[]) {
      if (field.name && (field.value === "" || field.value === field.dataset.unsaid)) field.disabled = true;
    }
  });
}
// Coming back to a page that was left by a form finds its fields usable again.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll<HTMLInputElement>("form[data-autosubmit] :disabled, [form]:disabled")) field.disabled = false;
});

// A second click on a button that writes is not sent while the first is answered. A form that gives a file stays, and can be sent again.
const sent = new WeakSet<EventTarget>();
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  setTimeout(() => sent.delete(form), 3000);
});

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// A button that stands for all fields of its form: the others are left out.
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-only]")) {
  button.addEventListener("click", () => {
    for (const tick of button.form!.querySelectorAll<HTMLInputElement>(`input[name="${button.name}"]`)) tick.checked = false;
  });
}

// The loading page asks again until the base is there.
if (document.querySelector("[data-reload]")) {
  setTimeout(() => location.reload(), 1500);
}

// On a phone a row of tabs may be wider than the screen: the tab of this page is in sight.
for (const tab of document.querySelectorAll("nav [aria-current=page]")) {
  const row = tab.closest("ul, nav")!;
  if (row.scrollWidth > row.clientWidth) row.scrollLeft += tab.getBoundingClientRect().right - row.getBoundingClientRect().right;
}

refill();
help();
palette();
numbers();
pops();
rows();
