// Ctrl-/ shows the keys of all pages, and ? opens the help for this one.
import { typing } from "./palette";

export function help(): void {
  const keys = document.getElementById("keys") as HTMLDialogElement | null;
  const show = () => {
    if (keys && !keys.open) keys.showModal();
  };
  for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      show();
    } else if (event.key === "?" && !typing(event) && !event.ctrlKey && !event.metaKey && !event.altKey && !keys?.open) {
      const link = document.querySelector<HTMLAnchorElement>("[data-help]");
      if (!link) return;
      event.preventDefault();
      location.assign(link.href);
    }
  });
}
