package spool

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/vault"
)

func open(t *testing.T, now *time.Time) *Folder {
	t.Helper()
	clock := func() time.Time { return *now }
	files, err := file.Open(file.Config{Vault: vault.At(filepath.Join(t.TempDir(), "keys"), ""), Storage: file.NewMemory(), Copies: t.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return Open(files, file.Upload, Limits{File: 1000, Total: 2500, Files: 4}, clock)
}

func TestPutGetRemove(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	u, err := f.Put(context.Background(), `C:\年报\2020年报.xlsx`, strings.NewReader("abc"), layout.Options{Register: "enterprise", Year: 2020})
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "2020年报.xlsx" || u.Size != 3 {
		t.Errorf("%+v", u)
	}
	path, err := f.Local(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := vault.ReadFile(path, f); err != nil || string(text) != "abc" {
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
	v, _ := f.Put(context.Background(), "b.csv", strings.NewReader("x"), layout.Options{})
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
		_, err := f.Put(c.ctx, "a.csv", strings.NewReader(c.text), layout.Options{})
		if err == nil || fault.Of(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Put(context.Background(), "full.csv", strings.NewReader(strings.Repeat("x", 1000)), layout.Options{}); err != nil {
		t.Errorf("a file as large as the limit: %v", err)
	}
	if n := files(t, f); n != 1 {
		t.Errorf("%d are left", n)
	}
}

func TestIDsNameOnlyUploads(t *testing.T) {
	now := time.Now()
	f := open(t, &now)
	u, err := f.Put(t.Context(), "a.csv", strings.NewReader("x"), layout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Keep(t.Context(), u.ID, 7); err != nil { // an original is no upload any more
		t.Fatal(err)
	}
	for _, id := range []string{"", "../secret", "0123456789abcdeg", "0123456789abcdef0", u.ID} {
		if _, err := f.Get(id); fault.Of(err) != fault.NotFound {
			t.Errorf("Get(%q): %v", id, err)
		}
		if err := f.Remove(id); err != nil {
			t.Errorf("Remove(%q): %v", id, err)
		}
	}
	if id, ok, err := f.Kept(t.Context(), u.ID); id != 7 || !ok || err != nil {
		t.Errorf("the import that it became: %d %v %v", id, ok, err)
	}
	if has, err := f.files.Has(t.Context(), u.SHA256); !has || err != nil {
		t.Errorf("the original is gone: %v", err)
	}
}

func TestSweep(t *testing.T) {
	now := time.Now().Add(-72 * time.Hour)
	f := open(t, &now)
	old, _ := f.Put(context.Background(), "old.csv", strings.NewReader("x"), layout.Options{})
	now = now.Add(72 * time.Hour)
	young, _ := f.Put(context.Background(), "young.csv", strings.NewReader("x"), layout.Options{})
	for _, u := range []Upload{old, young} {
		if err := f.PutPreview(t.Context(), u.ID, "k", &intake.Preview{New: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sweep(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(old.ID); err == nil {
		t.Error("the old upload is still there")
	}
	if path, err := f.Local(t.Context(), young); err != nil || young.SHA256 != old.SHA256 {
		t.Errorf("the young one of the same bytes: %s %v", path, err)
	}
	if n := files(t, f); n != 1 {
		t.Errorf("%d are left", n)
	}
	links, err := f.files.Links(t.Context(), file.Scope{Kind: kindPreview})
	if err != nil || len(links) != 1 || links[0].Scope.ID != young.ID {
		t.Errorf("previews: %+v %v", links, err)
	}
}

// A preview is that of the options for which it was made, with the sentences of its issues.
func TestPreview(t *testing.T) {
	now := time.Now()
	f := open(t, &now)
	u, err := f.Put(t.Context(), "a.csv", strings.NewReader("x"), layout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &intake.Preview{New: 3, Report: intake.FileReport{Refusals: []layout.Issue{{Row: 2, Text: pack.Text{ZH: "读不出", EN: "unreadable"}}}}}
	for _, key := range []string{"a", "b"} {
		if err := f.PutPreview(t.Context(), u.ID, key, p); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]bool{"a": false, "b": true} {
		got, err := f.Preview(t.Context(), u.ID, key)
		if err != nil || (got != nil) != want {
			t.Errorf("%s: %+v %v", key, got, err)
		}
		if got != nil && (got.New != 3 || got.Report.Refusals[0].Text.EN != "unreadable") {
			t.Errorf("%+v", got)
		}
	}
	if err := f.Remove(u.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.PutPreview(t.Context(), u.ID, "a", p); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Preview(t.Context(), u.ID, "a"); got != nil || err != nil {
		t.Errorf("of an upload that is gone: %+v %v", got, err)
	}
}

// What an older version left in its folder waits on under the same id.
func TestAdopt(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"00112233445566aa.json":   `{"id":"00112233445566aa","name":"年报.csv","size":3,"at":"2021-03-30T00:00:00Z","options":{"Register":"enterprise","Year":2020}}`,
		"00112233445566aa.upload": "abc", "notes.json": "{}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := f.Adopt(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	u, err := f.Get("00112233445566aa")
	if err != nil || u.Name != "年报.csv" || u.Size != 3 || u.Options.Year != 2020 || u.At.Day() != 30 {
		t.Errorf("%+v %v", u, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
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

// What somebody has uploaded is shown to him and to those who see whole registers, and its options are changed without
// making it nobody's.
func TestWhoseFile(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	f.Actors = auth.Fixed(map[string]auth.Role{"wang": auth.Reader, "li": auth.Operator})
	u, err := f.Put(auth.As(t.Context(), "wang"), "a.csv", strings.NewReader("abc"), layout.Options{Register: "enterprise"})
	if err != nil {
		t.Fatal(err)
	}
	if u, err = f.SetOptions(u.ID, layout.Options{Register: "carrier"}); err != nil || u.Actor != "wang" || u.Options.Register != "carrier" {
		t.Errorf("%+v, %v", u, err)
	}
	for who, want := range map[string]bool{"wang": true, "li": true, "nobody": false, "": false} {
		ctx := auth.As(t.Context(), who)
		got, err := f.Shown(ctx, u.ID)
		if (err == nil) != want || !want && fault.Of(err) != fault.NotFound || got.Actor != u.Actor && want {
			t.Errorf("%q is shown %+v, %v", who, got, err)
		}
		if list, err := f.Waiting(ctx); err != nil || (len(list) == 1) != want {
			t.Errorf("%q sees %d, %v", who, len(list), err)
		}
	}
}
