package spool

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/registry/layout"
)

func put(f *Folder, size int) (Upload, error) {
	return f.Put(context.Background(), "a.csv", bytes.NewReader(bytes.Repeat([]byte(rand.Text()), size)[:size]), layout.Options{})
}

// files counts what waits, and the bytes that belong to nothing.
func files(t *testing.T, f *Folder) int {
	t.Helper()
	list, err := f.List()
	if err != nil {
		t.Fatal(err)
	}
	n := len(list)
	err = f.files.Storage.ReadFiles(t.Context(), func(r file.Reader) error {
		loose, err := r.Loose(t.Context(), f.clock().Add(time.Hour), 100)
		n += len(loose)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The folder holds so many bytes and files and no more; what is refused leaves nothing, and room is made by removing.
func TestQuota(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now) // 2500 bytes, 4 files
	var all []Upload
	for range 2 {
		u, err := put(f, 1000)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	refused := func(what string, size int) {
		t.Helper()
		_, err := put(f, size)
		if fault.Of(err) != fault.Invalid || !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "Import or discard") {
			t.Errorf("%s: %v", what, err)
		}
		if n := files(t, f); n != len(all) {
			t.Errorf("%s: %d files lie in the folder", what, n)
		}
	}
	refused("too many bytes", 501)
	u, err := put(f, 500)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, u)
	refused("no byte left", 1)
	if err := f.Remove(all[0].ID); err != nil {
		t.Fatal(err)
	}
	all = all[1:]
	for range 2 {
		if u, err = put(f, 1); err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	refused("too many files", 1)
}

// Files that arrive at the same time share the room.
func TestQuotaWhileArriving(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	f.limit.Total = 1500
	out, in := io.Pipe()
	first := make(chan error, 1)
	go func() {
		_, err := f.Put(context.Background(), "slow.csv", out, layout.Options{})
		first <- err
	}()
	if _, err := in.Write(make([]byte, 900)); err != nil {
		t.Fatal(err)
	}
	in.Write(nil) // the bytes before were counted
	if _, err := put(f, 700); !errors.Is(err, ErrFull) {
		t.Errorf("beside a file that arrives: %v", err)
	}
	if _, err := put(f, 600); err != nil {
		t.Errorf("what there is room for: %v", err)
	}
	now = now.Add(48 * time.Hour)
	if err := f.Sweep(time.Hour); err != nil { // not the one that arrives
		t.Fatal(err)
	}
	if _, err := in.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if err := <-first; err != nil {
		t.Errorf("the slow one: %v", err)
	}
	if list, err := f.List(); err != nil || len(list) != 1 || list[0].Size != 1000 {
		t.Errorf("%v, %v", list, err)
	}
}

// What is held is neither swept nor makes room.
func TestHold(t *testing.T) {
	now := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f := open(t, &now)
	var all []Upload
	for range 4 {
		u, err := put(f, 500)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
		now = now.Add(time.Hour)
	}
	release := f.Hold(all[0].ID)
	if err := f.MakeRoom(); err != nil { // two of four files: the two oldest that nobody holds
		t.Fatal(err)
	}
	list, err := f.List()
	if err != nil || len(list) != 2 || list[0].ID != all[3].ID || list[1].ID != all[0].ID {
		t.Errorf("%v, %v", list, err)
	}
	if err := f.Sweep(time.Minute); err != nil {
		t.Fatal(err)
	}
	if list, err = f.List(); err != nil || len(list) != 1 || list[0].ID != all[0].ID {
		t.Errorf("%v, %v", list, err)
	}
	release()
	release() // twice is once
	if err := f.Sweep(time.Minute); err != nil {
		t.Fatal(err)
	}
	if files(t, f) != 0 {
		t.Error("what nobody holds any more stays")
	}
}
