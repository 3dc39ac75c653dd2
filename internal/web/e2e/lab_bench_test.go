package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
)

// BenchmarkLabDrag is a drag of the pass mark in the browser over EYAS_BENCH_ROWS enterprises (20,000 by default):
// a value a frame, as a hand gives them. It reports the medians of the server's time for an answer and of the time
// from the input to the painted frame, and the slowest paint but one in twenty, in milliseconds.
func BenchmarkLabDrag(b *testing.B) {
	if house.skip != "" {
		b.Skip(house.skip)
	}
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil {
		rows = n
	}
	db := filepath.Join(b.TempDir(), "drag.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", fmt.Sprint(rows), "--seed", "1").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	base, stop, err := startServer(db)
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	ctx, cancel := chromedp.NewContext(house.browser)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/lab?rule=tsme")); err != nil {
		b.Fatal(err)
	}
	var server, paint []float64
	for b.Loop() {
		samples, err := drag(ctx)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range samples {
			server, paint = append(server, s[0]), append(paint, s[1])
		}
	}
	slices.Sort(server)
	slices.Sort(paint)
	b.ReportMetric(server[len(server)/2], "server-ms")
	b.ReportMetric(paint[len(paint)/2], "paint-ms")
	b.ReportMetric(paint[len(paint)*19/20], "paint95-ms")
	b.ReportMetric(0, "ns/op")
}

// drag moves the slider of the pass mark over its whole width and gives server time and time to paint of each answer.
func drag(ctx context.Context) ([][2]float64, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[[][2]float64](`new Promise((done) => {
		const lab = document.querySelector("[data-lab]"), slider = document.getElementById("n-score-pass").closest("[data-number]").querySelector("input[type=range]");
		const samples = [];
		new MutationObserver(() => samples.push([Number(lab.dataset.serverMs), Number(lab.dataset.paintMs)])).observe(lab, {attributeFilter: ["data-answers"]});
		slider.dispatchEvent(new Event("focus"));
		let v = 0;
		const step = () => {
			slider.value = String(v++);
			slider.dispatchEvent(new Event("input", {bubbles: true}));
			if (v <= 100) requestAnimationFrame(step);
			else setTimeout(() => done(samples), 500);
		};
		setTimeout(step, 1500);
	})`, chromedp.EvalAwaitPromise))
}
