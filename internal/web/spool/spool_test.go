package spool

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry"
)

func open(t *testing.T, now *time.Time) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "spool"), Limits{File: 1000, Total: 2500, Files: 4}, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPutGetRemove(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	u, err := f.Put(context.Background(), `C:\年报\2020年报.xlsx`, strings.NewReader("abc"), registry.Options{Register: "enterprise", Year: 2020})
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "2020年报.xlsx" || u.Size != 3 {
		t.Errorf("%+v", u)
	}
	if text, err := os.ReadFile(f.Path(u.ID)); err != nil || string(text) != "abc" {
		t.Errorf("%q %v", text, err)
	}
	opt := u.Options
	opt.Map = map[string]string{"收入": "sales@2020"}
	if _, err := f.SetOptions(u.ID, opt); err != nil {
		t.Fatal(err)
	}
	got, err := f.Get(u.ID)
	if err != nil || got.Options.Map["收入"] != "sales@2020" || got.Options.Year != 2020 || !got.At.Equal(now) {
		t.Errorf("%+v %v", got, err)
	}
	now = now.Add(time.Minute)
	v, _ := f.Put(context.Background(), "b.csv", strings.NewReader("x"), registry.Options{})
	if all, err := f.List(); err != nil || len(all) != 2 || all[0].ID != v.ID {
		t.Errorf("%v %v", all, err)
	}
	for range 2 {
		if err := f.Remove(u.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Get(u.ID); fault.Of(err) != fault.NotFound {
		t.Errorf("after Remove: %v", err)
	}
}

func TestRefusedFilesLeaveNothing(t *testing.T) {
	now := time.Now()
	f := open(t, &now)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		text string
		code fault.Code
	}{
		"empty":   {context.Background(), "", fault.Invalid},
		"large":   {context.Background(), strings.Repeat("x", 1001), fault.Invalid},
		"stopped": {done, "abc", fault.Internal},
	} {
		_, err := f.Put(c.ctx, "a.csv", strings.NewReader(c.text), registry.Options{})
		if err == nil || fault.Of(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Put(context.Background(), "full.csv", strings.NewReader(strings.Repeat("x", 1000)), registry.Options{}); err != nil {
		t.Errorf("a file as large as the limit: %v", err)
	}
	entries, _ := os.ReadDir(f.dir)
	if len(entries) != 2 {
		t.Errorf("left: %v", entries)
	}
}

func TestIDsNameOnlyUploads(t *testing.T) {
	now := time.Now()
	f := open(t, &now)
	outside := filepath.Join(f.dir, "..", "secret.json")
	if err := os.WriteFile(outside, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "../secret", "0123456789abcdeg", "0123456789abcdef0"} {
		if _, err := f.Get(id); fault.Of(err) != fault.NotFound {
			t.Errorf("Get(%q): %v", id, err)
		}
		if err := f.Remove(id); err != nil {
			t.Errorf("Remove(%q): %v", id, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestSweep(t *testing.T) {
	now := time.Now().Add(-72 * time.Hour)
	f := open(t, &now)
	old, _ := f.Put(context.Background(), "old.csv", strings.NewReader("x"), registry.Options{})
	now = now.Add(72 * time.Hour)
	young, _ := f.Put(context.Background(), "young.csv", strings.NewReader("x"), registry.Options{})
	orphan := filepath.Join(f.dir, "00112233445566aa.upload")
	other := filepath.Join(f.dir, "README")
	for _, name := range []string{orphan, other} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		before := now.Add(-48 * time.Hour)
		if err := os.Chtimes(name, before, before); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sweep(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(old.ID); err == nil {
		t.Error("the old upload is still there")
	}
	if _, err := f.Get(young.ID); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the orphan is still there")
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("a file of somebody else is gone")
	}
}

func TestPlainName(t *testing.T) {
	for in, want := range map[string]string{
		"a.csv": "a.csv", "../../etc/passwd": "passwd", `C:\x\年报.xlsx`: "年报.xlsx", "a\nb\x00.csv": "ab.csv", "/": "upload", "": "upload",
		strings.Repeat("长", 100) + ".xlsx": strings.Repeat("长", 65) + ".xlsx",
	} {
		if got := plainName(in); got != want {
			t.Errorf("plainName(%q) = %q, want %q", in, got, want)
		}
	}
}
