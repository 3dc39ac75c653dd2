// The policy lab: while a slider is dragged, the figures, tables and the map follow. The server computes; this
// module keeps one request on its way, always with the newest values, and writes the answer into the page.

interface Count { met: number; near: number; unknown: number; pending_manual: number; unmet: number }
interface Tally { code: string; before: number; after: number; entered: number; left: number }
interface Answer {
  before: Count; after: Count; entered: number; left: number;
  districts: Tally[]; industries: Tally[];
  fallback: number; micros: number; query: string;
}

const root = document.querySelector<HTMLElement>("[data-lab]");
const form = document.querySelector<HTMLFormElement>("[data-lab-form]");
if (root && form) run(root, form);

function run(root: HTMLElement, form: HTMLFormElement): void {
  const rule = root.dataset.rule ?? "";
  const numbers = [...form.querySelectorAll<HTMLElement>("[data-number]")].map((row) => ({
    row,
    name: row.dataset.number ?? "",
    law: row.dataset.law ?? "",
    suffix: row.dataset.suffix ?? "",
    slider: row.querySelector<HTMLInputElement>("input[type=range]")!,
    field: row.querySelector<HTMLInputElement>("input[type=number]")!,
    curve: row.querySelector<HTMLElement>("[data-curve]")!,
  }));
  type Numbered = (typeof numbers)[number];

  const cells = new Map<string, HTMLElement>();
  for (const el of root.querySelectorAll<HTMLElement>("[data-key]")) cells.set(el.dataset.key!, el);
  const tables = new Map<string, Map<string, HTMLTableRowElement>>();
  for (const table of root.querySelectorAll<HTMLTableElement>("[data-by]")) {
    const rows = new Map<string, HTMLTableRowElement>();
    for (const row of table.querySelectorAll<HTMLTableRowElement>("tr[data-code]")) rows.set(row.dataset.code!, row);
    tables.set(table.dataset.by!, rows);
  }
  const tookText = cells.get("took")?.textContent ?? "";

  // query is the trial as an address carries it: only numbers that differ from the law's.
  function query(without?: Numbered): URLSearchParams {
    const q = new URLSearchParams({ rule });
    for (const n of numbers) {
      if (n !== without && n.field.value !== "" && Number(n.field.value) !== Number(n.law)) q.append("set", `${n.name}=${n.field.value}${n.suffix}`);
    }
    const here = new URLSearchParams(location.search);
    for (const name of ["lang", "date", "known", "scope", "theme", "assume"]) {
      const v = here.get(name);
      if (v) q.set(name, v);
    }
    return q;
  }

  // ---- one request at a time -------------------------------------------------------------------------------
  let flying: AbortController | null = null;
  let flownAt = 0;
  let wanted: { at: number; open: string } | null = null;
  let open = ""; // the number being moved: the server keeps ready what does not depend on it

  function ask(at: number): void {
    wanted = { at, open };
    if (!flying) void fly();
    else if (performance.now() - flownAt > 400) flying.abort(); // stuck behind a slow answer: it is stale by now
  }

  async function fly(): Promise<void> {
    while (wanted) {
      const { at, open } = wanted;
      wanted = null;
      flying = new AbortController();
      flownAt = performance.now();
      const q = query();
      if (open) q.set("open", open);
      root.setAttribute("aria-busy", "true");
      try {
        const response = await fetch(`/lab/what-if?${q}`, { signal: flying.signal, headers: { Accept: "application/json" } });
        if (response.ok) show((await response.json()) as Answer, at);
        else root.dataset.failed = String(response.status);
      } catch (e) {
        if (!(e instanceof DOMException && e.name === "AbortError")) root.dataset.failed = "network";
      } finally {
        flying = null;
      }
    }
    root.removeAttribute("aria-busy");
  }

  // ---- writing the answer ----------------------------------------------------------------------------------
  const format = new Intl.NumberFormat("en-US");
  const num = (n: number): string => format.format(n).replace("-", "−");
  const signed = (n: number): string => (n > 0 ? "+" : "") + num(n);
  function put(el: Element | null | undefined, text: string): void {
    if (!el || el.textContent === text) return;
    el.textContent = text;
    el.closest(".lab-in, .lab-out")?.classList.toggle("zero", text === "0");
  }

  function show(a: Answer, at: number): void {
    for (const side of ["before", "after"] as const) {
      for (const [state, n] of Object.entries(a[side])) put(cells.get(`${side}.${state}`), num(n as number));
    }
    // The headline holds the same keys as the table of states; the map keeps only the last, so write both.
    for (const el of root.querySelectorAll<HTMLElement>("[data-key='before.met']")) put(el, num(a.before.met));
    for (const el of root.querySelectorAll<HTMLElement>("[data-key='after.met']")) put(el, num(a.after.met));
    put(cells.get("entered"), num(a.entered));
    put(cells.get("left"), num(a.left));
    put(cells.get("took"), tookText.replace(/[\d.]+/, (a.micros / 1000).toFixed(1)));
    fill("district", a.districts);
    fill("section", a.industries);
    shadeMap(a.districts);
    for (const link of root.querySelectorAll<HTMLAnchorElement>("a[data-who]")) {
      const q = new URLSearchParams(a.query.replace(/^\?/, ""));
      q.set("who", link.dataset.who!);
      const row = link.closest<HTMLElement>("tr[data-code]");
      if (row) q.set(row.closest<HTMLElement>("[data-by]")!.dataset.by!, row.dataset.code!);
      link.href = `/lab/list?${q}`;
    }
    root.dataset.serverMs = (a.micros / 1000).toFixed(3);
    // Time to paint: from the input event to the frame that shows its answer.
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const painted = performance.now();
        root.dataset.paintMs = (painted - at).toFixed(1);
        root.dataset.answers = String(Number(root.dataset.answers ?? "0") + 1);
        performance.measure("lab: input to paint", { start: at, end: painted });
      };
      channel.port2.postMessage(null);
    });
  }

  function fill(by: string, tallies: Tally[]): void {
    const rows = tables.get(by);
    for (const t of tallies) {
      const row = rows?.get(t.code);
      if (!row) continue;
      row.hidden = t.before === 0 && t.after === 0;
      for (const name of ["before", "after", "entered", "left"] as const) put(row.querySelector(`[data-field=${name}]`), num(t[name]));
    }
  }

  function shadeMap(tallies: Tally[]): void {
    const inside = tallies.filter((t) => t.code !== "?");
    const moved = tallies.some((t) => t.entered + t.left > 0);
    const largest = Math.max(0, ...inside.map((t) => t.after));
    const largestMove = Math.max(0, ...inside.map((t) => Math.abs(t.entered - t.left)));
    for (const t of inside) {
      const net = t.entered - t.left;
      const n = moved ? shade(net, largestMove) : shade(t.after, largest);
      const kind = n < 0 ? "out" : moved ? "in" : "met";
      const name = n === 0 ? "none" : `${kind}-${Math.abs(n)}`;
      for (const area of root.querySelectorAll(`[data-area="${t.code}"]`)) area.setAttribute("class", `area ${name}`);
      for (const label of root.querySelectorAll(`[data-label="${t.code}"]`)) put(label, moved ? signed(net) : num(t.after));
    }
    const legend = cells.get("legend");
    for (const [key, on] of [["scale.met", !moved], ["scale.moved", moved]] as const) {
      const scale = cells.get(key);
      if (scale) scale.hidden = !on;
    }
    if (legend) put(legend, (moved ? legend.dataset.moved : legend.dataset.met) ?? "");
  }

  // shade is the server's: five steps of the largest value, signed.
  function shade(value: number, largest: number): number {
    if (value === 0 || largest <= 0) return 0;
    const n = Math.min(5, Math.ceil((Math.abs(value) * 5) / largest));
    return value < 0 ? -n : n;
  }

  // ---- numbers -------------------------------------------------------------------------------------------
  function moved(n: Numbered, at: number): void {
    n.row.classList.toggle("moved", Number(n.field.value) !== Number(n.law));
    mark(n);
    if (open !== n.name) open = n.name;
    ask(at);
  }

  // mark sets the line of the present value on the number's own curve.
  function mark(n: Numbered): void {
    const svg = n.curve.querySelector<SVGElement>("svg");
    const line = svg?.querySelector(".curve-now");
    if (!svg || !line) return;
    const min = Number(svg.dataset.min), max = Number(svg.dataset.max);
    const x = Math.min(100, Math.max(0, (100 * (Number(n.field.value) - min)) / (max - min || 1)));
    line.setAttribute("x1", String(x));
    line.setAttribute("x2", String(x));
  }

  // settled is called when a drag ends: the address follows, and the other numbers' curves are out of date.
  function settled(): void {
    const q = query();
    history.replaceState(null, "", `/lab?${q}`);
    carry(q);
    for (const n of numbers) n.curve.dataset.stale = "";
    for (const n of numbers) if (n.curve.dataset.seen === "1" && n.name !== open) void draw(n);
  }

  // carry takes the moved numbers along where the frame leads to this page again: in another language, on another day.
  function carry(q: URLSearchParams): void {
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a.tongue, main > .band a")) {
      const next = new URL(link.href);
      next.searchParams.delete("set");
      for (const set of q.getAll("set")) next.searchParams.append("set", set);
      link.href = next.href;
    }
    const form = document.querySelector<HTMLFormElement>("form.asof");
    if (!form) return;
    for (const old of form.querySelectorAll("input[name=set]")) old.remove();
    for (const set of q.getAll("set")) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "set";
      field.value = set;
      form.append(field);
    }
  }

  for (const n of numbers) {
    n.slider.addEventListener("input", (e) => {
      n.field.value = n.slider.value;
      moved(n, e.timeStamp);
    });
    n.field.addEventListener("input", (e) => {
      if (n.field.value === "" || !n.field.checkValidity()) return;
      n.slider.value = n.field.value;
      moved(n, e.timeStamp);
    });
    n.slider.addEventListener("change", settled);
    n.field.addEventListener("change", () => {
      if (n.field.value === "") {
        n.field.value = n.law;
        n.slider.value = n.law;
        moved(n, performance.now());
      }
      settled();
    });
    // The first answer for a number takes longer: have it ready before the drag begins.
    const ready = (): void => {
      if (open === n.name) return;
      open = n.name;
      ask(performance.now());
    };
    n.slider.addEventListener("pointerenter", ready);
    n.slider.addEventListener("focus", ready);
  }
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    settled();
    ask(performance.now());
  });
  root.querySelector<HTMLAnchorElement>("[data-reset]")?.addEventListener("click", (e) => {
    e.preventDefault();
    for (const n of numbers) {
      n.field.value = n.law;
      n.slider.value = n.law;
      n.row.classList.remove("moved");
      mark(n);
    }
    ask(performance.now());
    settled();
  });
  for (const box of form.querySelectorAll<HTMLInputElement>("input[name=assume]")) {
    box.addEventListener("change", () => {
      const q = query();
      q.delete("assume");
      const on = [...form.querySelectorAll<HTMLInputElement>("input[name=assume]:checked")].map((b) => b.value);
      if (on.length) q.set("assume", on.join(","));
      location.assign(`/lab?${q}`);
    });
  }

  // ---- curves, fetched when they come into view --------------------------------------------------------------
  async function draw(n: Numbered): Promise<void> {
    delete n.curve.dataset.stale;
    const q = query();
    q.set("number", n.name);
    q.set("part", "1");
    const response = await fetch(`/lab/curve?${q}`);
    if (!response.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = await response.text();
    n.curve.replaceChildren(holder.content);
    mark(n);
  }
  // One after another: the curves must not stand in the way of the answers.
  const queue: Numbered[] = [];
  let drawing = false;
  async function drawQueued(): Promise<void> {
    if (drawing) return;
    drawing = true;
    for (let n = queue.shift(); n; n = queue.shift()) await draw(n).catch(() => undefined);
    drawing = false;
    root.dataset.curves = "drawn";
  }
  const watcher = new IntersectionObserver((entries) => {
    for (const e of entries) {
      const n = numbers.find((n) => n.curve === e.target);
      if (!n) continue;
      n.curve.dataset.seen = e.isIntersecting ? "1" : "0";
      if (e.isIntersecting && (n.curve.dataset.stale !== undefined || !n.curve.querySelector("svg")) && !queue.includes(n)) queue.push(n);
    }
    void drawQueued();
  });
  for (const n of numbers) watcher.observe(n.curve);
}
