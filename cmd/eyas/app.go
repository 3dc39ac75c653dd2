package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/registry/table"
	"eyas/internal/rule"
	"eyas/internal/sheet"
	"eyas/internal/store"
	"eyas/internal/vault"
)

// operator is the actor of commands: a base without accounts has one local operator.
const operator = auth.Local

// app holds what every command needs: its outputs, and the base, the pack and the rules, which are opened at first use.
type app struct {
	ctx       context.Context
	out, err  io.Writer
	lang      string // zh-CN or en
	json      bool
	db        string
	packDir   string
	hash      audit.Hash   // by which the log of a new base is sealed; empty: the usual one
	keys      string       // key file; empty: beside the base
	cipher    vault.Cipher // of a new key; empty: the usual one
	filesDir  string       // shared folder for the bytes of files; empty: they lie in the base
	city      *pack.Pack   // loaded from packDir
	set       *rule.Set
	store     *store.DB
	persons   *people.People
	mandates  *mandate.Mandates // of the persons
	command   string            // the command's first word
	as        string            // who acts, on a base with people
	tokenFile string            // of who acts; empty: EYAS_TOKEN has the token
	clock     func() time.Time
	wipe      func() // clears the progress line
	closers   []func() error
}

// say returns the sentence in the user's language.
func (a *app) say(zh, en string) string {
	if a.lang == "en" {
		return en
	}
	return zh
}

// object prints the one JSON object of --json.
func (a *app) object(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// clear wipes the progress line, if there is one.
func (a *app) clear() {
	if a.wipe != nil {
		a.wipe()
	}
}

func (a *app) close() {
	a.clear()
	for i := len(a.closers) - 1; i >= 0; i-- {
		if err := a.closers[i](); err != nil {
			fmt.Fprintln(a.err, "eyas:", err)
		}
	}
}

// date reads the day of a screening; today when none is given.
func (a *app) date(s string) (time.Time, error) {
	if s == "" {
		p, err := a.pack()
		if err != nil {
			return time.Time{}, err
		}
		y, m, d := a.clock().In(p.Zone).Date() // today is the city's, wherever the machine stands
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), nil
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return t, fault.New(fault.Invalid, fmt.Sprintf("--date 的写法是 2021-03-31，给出的是 %q。", s), fmt.Sprintf("--date is written 2021-03-31, not %q", s))
	}
	return t, nil
}

// readable returns a fault when a file does not exist or is no spreadsheet, before anything is written or a base is
// created.
func readable(path string) error {
	info, err := os.Stat(path)
	name := legible(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, fmt.Sprintf("找不到文件 %s。", name), fmt.Sprintf("there is no file %s", name)).Wrap(err)
	case err != nil:
		return fault.New(fault.Internal, fmt.Sprintf("打不开文件 %s。", name), fmt.Sprintf("cannot open %s", name)).Wrap(err)
	case info.IsDir():
		return fault.New(fault.Invalid, fmt.Sprintf("%s 是文件夹，请给出其中的文件。", name), fmt.Sprintf("%s is a folder: name the files in it", name))
	}
	f, err := table.Open(path, filepath.Base(name))
	if err != nil {
		return err
	}
	return f.Close()
}

// legible returns a path as people can read it. File names are bytes: those from older systems or archives are often in
// GB18030; such a file can be opened, but its name cannot be displayed.
func legible(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	if text, err := simplifiedchinese.GB18030.NewDecoder().String(path); err == nil && !strings.ContainsRune(text, utf8.RuneError) {
		return text
	}
	return strings.ToValidUTF8(path, "�")
}

// outside returns a fault when out is the base or a file that the command reads.
func (a *app) outside(out string, read ...string) error {
	if out == "" {
		return nil
	}
	if !remote(a.db) {
		read = append(read, a.db, a.db+"-wal", a.db+"-shm", a.db+"-queue", a.db+".columns")
	}
	target, err := os.Stat(out)
	for _, path := range read {
		if path == "" {
			continue
		}
		same := filepath.Clean(path) == filepath.Clean(out)
		if info, e := os.Stat(path); e == nil && err == nil {
			same = same || os.SameFile(info, target)
		}
		if same {
			return fault.New(fault.Invalid, fmt.Sprintf("--out 不能写到 %s：那是底库或正在读的文件。请换一个文件名。", out),
				fmt.Sprintf("--out cannot be %s: that is the base, or a file that is read. Choose another name.", out))
		}
	}
	return nil
}

// mark adds a column to a CSV that says, in every row, that generated enterprises are in the base.
func (a *app) mark(w *sheet.CSV) error {
	reg, err := a.registry()
	if err != nil {
		return err
	}
	synthetic, err := reg.Synthetic(a.ctx)
	if synthetic {
		w.Mark(sheet.MarkOf(a.lang, ""))
	}
	return err
}

// writeWhole writes a file completely or not at all.
func writeWhole(path string, write func(f *os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fault.New(fault.Internal, fmt.Sprintf("写不了文件 %s。", path), fmt.Sprintf("cannot write %s", path)).Wrap(errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
