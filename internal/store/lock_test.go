package store

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The check of the file's length leaves SQLite's locks on the file alone: who closed the file here would let another
// process that ends take the log away.
func TestQuickCheckKeepsLocks(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "base.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.room.Base.Read.ExecContext(t.Context(), `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	before := locks(t, db.Name())
	if before == 0 {
		t.Skip("this system shows no locks of the process on the file")
	}
	for range 3 {
		if err := db.room.Base.Whole(); err != nil {
			t.Fatal(err)
		}
	}
	if after := locks(t, db.Name()); after != before {
		t.Errorf("%d locks on the file before, %d after", before, after)
	}
}

// locks counts the POSIX locks of this process on a file.
func locks(t *testing.T, path string) (n int) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	inode := fmt.Sprintf(":%d", info.Sys().(*syscall.Stat_t).Ino)
	f, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) > 5 && fields[1] == "POSIX" && fields[4] == strconv.Itoa(os.Getpid()) && strings.HasSuffix(fields[5], inode) {
			n++
		}
	}
	return n
}
