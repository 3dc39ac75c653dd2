package pack

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what comes out into the golden files")

// city returns the valid pack in testdata/city as files that a test may change.
func city(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := filepath.WalkDir("testdata/city", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel("testdata/city", name)
		files[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// edit replaces the first occurrence of a text in a file.
func edit(t testing.TB, files fstest.MapFS, name, old, new string) {
	t.Helper()
	f := files[name]
	if f == nil || strings.Count(string(f.Data), old) < 1 {
		t.Fatalf("%s has no %q", name, old)
	}
	files[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(f.Data), old, new, 1))}
}

// Each file in testdata/faults is a mistake in the valid pack, and what the loader says about it.
func TestFaults(t *testing.T) {
	names, err := filepath.Glob("testdata/faults/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no faults", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := city(t)
			want := map[string]string{}
			var kept []txtar.File
			for _, f := range ar.Files {
				kind, path, _ := strings.Cut(f.Name, " ")
				body := strings.TrimSuffix(string(f.Data), "\n")
				switch kind {
				case "edit":
					old, new, ok := strings.Cut(body, "\n=>\n")
					if !ok {
						old, ok = strings.CutSuffix(body, "\n=>")
					}
					if !ok {
						t.Fatalf("%s: an edit is old text, =>, new text", name)
					}
					if new == "" && strings.HasPrefix(old, " ") {
						old += "\n" // remove whole lines
					}
					edit(t, files, path, old, new)
				case "file":
					files[path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), "BYTES", "\xcc\xec\xbd\xf2"))}
				case "without":
					delete(files, path)
				case "want":
					want[path] = body
					continue
				}
				kept = append(kept, f)
			}
			p, err := Load(files, ".")
			errs, ok := err.(Errors)
			if !ok || p != nil {
				t.Fatalf("loads; got error %v", err)
			}
			for _, lang := range []string{"en", "zh"} {
				got := errs.Show(lang)
				if !*update && got != want[lang] {
					t.Errorf("in %s:\n%s\nwant:\n%s", lang, got, want[lang])
				}
				kept = append(kept, txtar.File{Name: "want " + lang, Data: []byte(got + "\n")})
			}
			if *update {
				ar.Files = kept
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
