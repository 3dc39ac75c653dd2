// Dropping files onto the import page, progress while they are sent, and the preview's form.

const form = document.querySelector<HTMLFormElement>("form[data-upload]");
if (form) upload(form);
const preview = document.querySelector<HTMLFormElement>("form[data-preview]");
if (preview) decide(preview);

function upload(form: HTMLFormElement): void {
  const drop = form.querySelector<HTMLElement>("[data-drop]")!;
  const input = form.querySelector<HTMLInputElement>("input[type=file]")!;
  const sending = form.querySelector<HTMLElement>("[data-sending]")!;
  const bar = sending.querySelector("progress")!;

  // What can be declared complete belongs to the register that is chosen.
  const register = form.querySelector<HTMLSelectElement>("select[name=register]");
  const choose = (): void => {
    for (const ticks of form.querySelectorAll<HTMLFieldSetElement>("fieldset[data-of]")) {
      ticks.hidden = ticks.disabled = ticks.dataset.of !== register!.value;
    }
  };
  if (register) {
    register.addEventListener("change", choose);
    choose(); // going back, browsers keep what was chosen
  }

  // A file that misses the field by a little must not make the browser leave the page.
  for (const type of ["dragover", "drop"]) document.addEventListener(type, (e) => e.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (e) => {
    drop.classList.remove("over");
    if (e.dataTransfer?.files.length) {
      input.files = e.dataTransfer.files;
      form.requestSubmit();
    }
  });

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (form.dataset.sent) return; // a second click sends nothing
    form.dataset.sent = "1";
    sending.hidden = false;
    const request = new XMLHttpRequest(); // fetch does not tell how much was sent
    request.open("POST", form.action);
    request.upload.onprogress = (e) => {
      if (e.lengthComputable) bar.value = e.loaded / e.total;
    };
    request.onload = () => {
      if (request.status < 400 && request.responseURL) {
        location.assign(request.responseURL);
        return;
      }
      // A refused file: the answer is this page with the reason on it.
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = answer.querySelector("main");
      if (!main) {
        form.submit();
        return;
      }
      document.querySelector("main")!.replaceWith(main);
      const again = document.querySelector<HTMLFormElement>("form[data-upload]");
      if (again) upload(again);
      document.querySelector<HTMLElement>("main")?.focus();
    };
    request.onerror = () => {
      delete form.dataset.sent;
      sending.hidden = true;
      form.submit();
    };
    request.send(new FormData(form));
  });
}

// decide keeps "import" for what was seen: once a setting is changed, a new preview comes first.
function decide(form: HTMLFormElement): void {
  const confirm = form.querySelector<HTMLButtonElement>("[data-confirm]");
  const again = form.querySelector<HTMLButtonElement>("[data-again]");
  form.addEventListener("input", (e) => {
    if (e.target instanceof HTMLInputElement && e.target.name === "remember") return;
    confirm?.classList.remove("primary");
    again?.classList.add("primary");
  });
  form.addEventListener("submit", (e) => {
    if (form.dataset.sent) e.preventDefault();
    form.dataset.sent = "1";
  });
}
