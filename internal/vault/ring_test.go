package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"eyas/internal/fault"
)

// A key file that is named by a link is replaced where it lies, and the link stays; through a link to nothing no file is made.
func TestLinkedKeyFile(t *testing.T) {
	r, first := ring(t, AES)
	link := filepath.Join(t.TempDir(), "keys")
	if err := os.Symlink(r.Path(), link); err != nil {
		t.Fatal(err)
	}
	second, err := At(link, "").Make(AES)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone", err)
	}
	for _, id := range []string{first, second} {
		if _, err := At(r.Path(), "").Ready(id); err != nil {
			t.Error("the file itself has not both keys:", err)
		}
	}
	loose := filepath.Join(t.TempDir(), "keys")
	if err := os.Symlink(filepath.Join(t.TempDir(), "away", "keys"), loose); err != nil {
		t.Fatal(err)
	}
	if _, err := At(loose, "").Ready(""); fault.Of(err) != fault.Unavailable {
		t.Error("a key is made behind a link to nothing:", err)
	}
}

// A key file that the administrator replaces stays that of the user as whom the server runs.
func TestReplacedKeyFileKeepsItsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give a file to another user")
	}
	r, _ := ring(t, AES)
	if err := os.Chown(r.Path(), 4711, 4712); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Make(SM4); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.Path())
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 4711 || s.Gid != 4712 || info.Mode().Perm() != 0o600 {
		t.Errorf("the file belongs to %d:%d and has the mode %#o", s.Uid, s.Gid, info.Mode().Perm())
	}
}

// A key file that others may read, and a key that is damaged, are said in sentences that say how to mend it.
func TestKeyFileSentences(t *testing.T) {
	r, id := ring(t, AES)
	if err := r.Exposed(); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(r.Path(), 0o640); err != nil {
		t.Fatal(err)
	}
	var f *fault.Error
	if err := r.Exposed(); !errors.As(err, &f) || !strings.Contains(f.ZH, "chmod 600 "+r.Path()) || !strings.Contains(f.EN, "chmod 600 "+r.Path()) {
		t.Error(err)
	}
	text, err := os.ReadFile(r.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Path(), []byte(strings.Replace(string(text), id, "zz", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := At(r.Path(), "").Keys(); !errors.As(err, &f) || !strings.Contains(f.EN, "Restore the file from a backup") || f.ZH == "" {
		t.Error(err)
	}
	if _, err := KeyOfFile(t.TempDir()); err == nil {
		t.Error("what cannot be read is said to be not sealed")
	}
}
