package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// demoRows is how many enterprises the base of the journeys has.
const demoRows = 1500

// patience is how long a step may take before the journey has failed. It bounds a hang and measures nothing.
const patience = 90 * time.Second

// longest is how long a tab may be open. It bounds a hang, too.
const longest = 6 * time.Minute

// house is what all journeys share: the program, the browser, and a server over the demonstration city.
var house struct {
	program string
	browser context.Context
	city    string // address of the server over the demonstration city
	skip    string // why there are no journeys
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "eyas-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	chromium := browserPath()
	if chromium == "" {
		house.skip = "no Chromium: apt-get install -y --no-install-recommends chromium"
		return m.Run()
	}
	if os.Getenv("EYAS_WEIGH") != "" { // the server is there
		house.skip = "EYAS_WEIGH is set: pages are weighed, and nothing else is tried"
		return browse(m, chromium)
	}
	house.program = filepath.Join(dir, "eyas")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", house.program, "eyas/cmd/eyas").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	db := filepath.Join(dir, "city.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", fmt.Sprint(demoRows), "--seed", "1").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "filling the base: %v\n%s", err, out)
		return 1
	}
	url, stop, err := startServer(db)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	house.city = url
	return browse(m, chromium)
}

// browse runs the tests with a browser.
func browse(m *testing.M, chromium string) int {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "zh-CN"), chromedp.Flag("force-color-profile", "srgb"))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	defer stopAllocator()
	browser, stopBrowser := chromedp.NewContext(allocator)
	defer stopBrowser()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "starting the browser:", err)
		return 1
	}
	house.browser = browser
	return m.Run()
}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

var served = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)

// startServer runs the program over a base on a free port, and waits until the base is loaded.
func startServer(db string) (url string, stop func(), err error) {
	cmd := exec.Command(house.program, "serve", "--db", db, "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	var log strings.Builder
	var mu sync.Mutex
	cmd.Stderr = writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p)
	})
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := served.FindString(lines.Text()); found != "" {
			url = strings.TrimSuffix(found, "/")
			break
		}
	}
	if url == "" {
		stop()
		mu.Lock()
		defer mu.Unlock()
		return "", nil, fmt.Errorf("the server did not say where it listens (%v): %s", lines.Err(), log.String())
	}
	go io.Copy(io.Discard, out)
	end := time.Now().Add(patience)
	for {
		answer, err := http.Get(url + "/")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return url, stop, nil
			}
		}
		if time.Now().After(end) {
			stop()
			return "", nil, fmt.Errorf("the base was not loaded in %s (%v)", patience, err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// fresh starts a server over an empty base of its own, for journeys that write.
func fresh(t *testing.T) string {
	t.Helper()
	if house.skip != "" {
		t.Skip(house.skip)
	}
	url, stop, err := startServer(filepath.Join(t.TempDir(), "own.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// tab is one page in the browser. Its steps fail the test.
type tab struct {
	*testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	console  []string
	expected string // part of the messages that this journey causes on purpose
}

// open opens a tab over the demonstration city. When the test ends, what the page complained about fails it.
func open(t *testing.T) *tab {
	t.Helper()
	if house.skip != "" {
		t.Skip(house.skip)
	}
	return openAt(t, house.city)
}

// openAt opens a tab over another server.
func openAt(t *testing.T, base string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(house.browser)
	ctx, cancelTime := context.WithTimeout(ctx, longest)
	p := &tab{T: t, ctx: ctx, base: base}
	t.Cleanup(func() {
		cancelTime()
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, message := range p.console {
			t.Errorf("the page complained: %s", message)
		}
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)); err != nil {
		t.Fatal(err)
	}
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning {
				p.mu.Lock()
				if p.expected == "" || !strings.Contains(m.Text, p.expected) {
					p.console = append(p.console, string(m.Type)+": "+m.Text)
				}
				p.mu.Unlock()
			}
		}
	}()
	return p
}

// expect lets messages with this text pass: those that the journey causes on purpose.
func (p *tab) expect(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = part
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		where, _ := chromedp.Run(p.ctx, chromedp.Location())
		p.Fatalf("%s, at %s: %v", what, where, err)
	}
}

// size makes the page as wide as a desk (1440) or a phone (390).
func (p *tab) size(width, height int64) {
	p.Helper()
	p.do("size", chromedp.EmulateViewport(width, height))
}

// visit opens a path of the server and waits until it is loaded.
func (p *tab) visit(path string) {
	p.Helper()
	err := chromedp.Do(p.ctx, chromedp.Navigate(p.base+path))
	if err != nil && strings.Contains(err.Error(), "net::ERR_ABORTED") { // the page before had not ended its own way yet
		err = chromedp.Do(p.ctx, chromedp.Navigate(p.base+path))
	}
	if err != nil {
		p.Fatalf("visit %s, at %s: %v", path, p.where(), err)
	}
}

// click clicks an element and waits for nothing.
func (p *tab) click(selector string) {
	p.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// follow clicks an element that leads to another page, and waits until that is loaded.
func (p *tab) follow(selector string) {
	p.Helper()
	if _, err := chromedp.RunResponse(p.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		p.Fatalf("follow %s: %v", selector, err)
	}
	p.arrive("true") // a busy browser answers before the page is read to its end
}

// enter types into a field.
func (p *tab) enter(selector, text string) {
	p.Helper()
	p.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// set gives a value to a field that acts at once, and waits until the next page is loaded.
func (p *tab) set(selector, value string) {
	p.Helper()
	if _, err := chromedp.RunResponse(p.ctx, chromedp.SetValue(chromedp.CSS(selector), value)); err != nil {
		p.Fatalf("set %s in %s: %v", value, selector, err)
	}
}

// press presses a key that the whole page listens to.
func (p *tab) press(keys string, options ...chromedp.KeyOption) {
	p.Helper()
	p.do("press "+keys, chromedp.KeyEvent(keys, options...))
}

// until waits until an expression of the page is true.
func (p *tab) until(expression string) {
	p.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience/3))); err != nil {
		where, _ := chromedp.Run(p.ctx, chromedp.Location())
		p.Fatalf("waiting for %s, at %s: %v", expression, where, err)
	}
}

// text gives the text of the first element that a selector means.
func (p *tab) text(selector string) string {
	p.Helper()
	quoted, _ := json.Marshal(selector)
	return ask[string](p, `(document.querySelector(`+string(quoted)+`)||{innerText:""}).innerText.trim()`)
}

// unfold opens what is folded.
func (p *tab) unfold(selector string) {
	p.Helper()
	quoted, _ := json.Marshal(selector)
	ask[bool](p, `(document.querySelectorAll(`+string(quoted)+`).forEach(d => { d.open = true }), true)`)
}

// count gives how many elements a selector means.
func (p *tab) count(selector string) int {
	p.Helper()
	quoted, _ := json.Marshal(selector)
	return ask[int](p, `document.querySelectorAll(`+string(quoted)+`).length`)
}

// where gives the path and query of the page.
func (p *tab) where() string {
	p.Helper()
	url, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		p.Fatal(err)
	}
	return strings.TrimPrefix(url, p.base)
}

// ask evaluates an expression in the page.
func ask[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// axe is the checker of accessibility, read once.
var axe = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", "assets", "node_modules", "axe-core", "axe.min.js"))
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("axe-core is not installed: make assets")
	}
	return string(text), err
})

// looked are the kinds of elements whose contrast and size axe-core has looked at, by width, theme and size of letters. Those two
// rules take most of its time, and journeys come to the same pages again and again.
var looked = struct {
	sync.Mutex
	at map[string]map[string]bool
}{at: map[string]map[string]bool{}}

// newKinds says whether the page has an element of a kind that no page before had at this width.
func (p *tab) newKinds() bool {
	p.Helper()
	kinds := ask[[]string](p, `(() => {
		const kind = e => e.tagName + "." + [...e.classList].sort().join(".")
		const kinds = new Set()
		for (const e of document.body.querySelectorAll("*")) {
			if (!e.checkVisibility()) continue
			kinds.add(kind(e.parentElement.parentElement) + ">" + kind(e.parentElement) + ">" + kind(e) + "[" + [...e.attributes].map(a => ["role", "type", "disabled", "style", "aria-current"].includes(a.name) ? a.name + "=" + a.value : a.name.startsWith("aria-") ? a.name : "").sort().join(" ") + "]")
		}
		return [innerWidth + " " + document.documentElement.className + " " + JSON.stringify(document.documentElement.dataset), ...kinds]
	})()`)
	looked.Lock()
	defer looked.Unlock()
	if looked.at[kinds[0]] == nil {
		looked.at[kinds[0]] = map[string]bool{}
	}
	fresh := false
	for _, k := range kinds[1:] {
		fresh = fresh || !looked.at[kinds[0]][k]
		looked.at[kinds[0]][k] = true
	}
	return fresh
}

// accessible runs axe-core over the page as it stands; every violation fails the test.
func (p *tab) accessible() {
	p.Helper()
	source, err := axe()
	if err != nil {
		p.Fatal(err)
	}
	ask[bool](p, source+"\n;true")
	rules := "{}"
	if !p.newKinds() && os.Getenv("EYAS_SOAK") == "" {
		rules = `{"color-contrast": {enabled: false}, "target-size": {enabled: false}}`
	}
	report, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"], rules: `+rules+`}).then(r => JSON.stringify(r.violations.map(v =>
		v.id + " (" + v.impact + "): " + v.help + v.nodes.slice(0, 4).map(n => "\n    " + n.target.join(" ") + "  " + n.html.slice(0, 160) + "  " + (n.any[0] ? n.any[0].message : "")).join(""))))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatal(err)
	}
	var violations []string
	if err := json.Unmarshal([]byte(report), &violations); err != nil {
		p.Fatal(err)
	}
	for _, v := range violations {
		p.Errorf("axe at %s: %s", p.where(), v)
	}
}
