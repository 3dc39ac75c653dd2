// What every page has: the date control that acts at once. Pages work without it.
document.documentElement.classList.add("js");

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-autosubmit]")) {
  form.addEventListener("change", () => {
    if (form.reportValidity()) form.submit();
  });
}
