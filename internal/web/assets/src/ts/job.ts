// Follows work in the background: its progress on a page of its own, and the mark in the top bar.
interface Job { state: string; final: boolean; share: number; known: boolean; line: string; next: string; error: string }

const every = 300; // ms between looks

async function look(id: string): Promise<Job | null> {
  const response = await fetch(`/jobs/${id}/status${location.search}`, { headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as Job) : null;
}

// follow calls show with each state until the job has ended or is no longer known.
function follow(id: string, show: (job: Job | null) => void): void {
  const step = async (): Promise<void> => {
    let job: Job | null = null;
    try {
      job = await look(id);
    } catch {
      window.setTimeout(() => void step(), 2000); // the server may be on its way back
      return;
    }
    show(job);
    if (job && !job.final) window.setTimeout(() => void step(), every);
  };
  void step();
}

for (const box of document.querySelectorAll<HTMLElement>("[data-job]")) {
  const bar = box.querySelector("progress");
  const line = box.querySelector("[data-line]");
  follow(box.dataset.job ?? "", (job) => {
    if (!job) {
      location.reload();
      return;
    }
    if (bar) {
      if (job.known) bar.value = job.share;
      else bar.removeAttribute("value");
    }
    if (line && line.textContent !== job.line) line.textContent = job.line;
    // A page that was rendered while the job ran is rendered again at its end, at the place that the job names.
    if (job.final && box.dataset.open !== undefined) {
      delete box.dataset.open;
      location.replace(job.next || location.href);
    }
  });
}

for (const mark of document.querySelectorAll<HTMLElement>("[data-running]")) {
  const share = mark.querySelector(".running-share");
  follow(mark.dataset.running ?? "", (job) => {
    if (!job || job.final) mark.remove();
    else if (share && job.known) share.textContent = ` ${Math.floor(job.share * 100)}%`;
  });
}
