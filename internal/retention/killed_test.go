package retention_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"eyas/internal/retention"
)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// The environment of a process that erases until it kills itself.
const (
	victimBase = "EYAS_TEST_RETENTION_BASE"
	victimKeys = "EYAS_TEST_RETENTION_KEYS"
	victimPlan = "EYAS_TEST_RETENTION_PLAN"
	victimAt   = "EYAS_TEST_RETENTION_AT"
)

// victim is what the process does instead of tests that is to be killed.
func victim() bool {
	dsn := os.Getenv(victimBase)
	if dsn == "" {
		return false
	}
	plan, _ := strconv.ParseInt(os.Getenv(victimPlan), 10, 64)
	at, _ := strconv.Atoi(os.Getenv(victimAt))
	t := &plain{}
	b := open(t, dsn, os.Getenv(victimKeys), time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	calls := 0
	_, err := b.keeper.Apply(zhao, plan, func(int, int) {
		if calls++; calls > at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	fmt.Println("ended", err)
	os.Exit(3)
	return true
}

// An erasure that is killed with SIGKILL in its middle, again and again, ends as one that was not: every cell is erased once, the counts
// are right, the original is rewritten, and the base is proven after each kill.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	bothBases(t, func(t *testing.T, dsn string) {
		const rows = 900
		keys := filepath.Join(t.TempDir(), "keys")
		b := open(t, dsn, keys, time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		var text strings.Builder
		text.WriteString("企业名称,联系电话,2019年销售收入（元）\n")
		for i := range rows {
			fmt.Fprintf(&text, "天津第%d号科技有限公司,1380013%04d,%d\n", i, i, i)
		}
		id := b.brings(chen, "old.csv", text.String(), day(2019, 12, 31))
		p, err := b.keeper.Count(chen, retention.Wanted{}, nil)
		if err == nil {
			p, err = b.keeper.Ask(chen, p.ID, "保存期已满")
		}
		if err == nil {
			p, err = b.keeper.Approve(zhao, p.ID, p.Cells)
		}
		if err != nil || p.Cells != rows {
			t.Fatal(p, err)
		}
		b.db.Close()
		for kill := 1; kill <= 3; kill++ {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), victimBase+"="+dsn, victimKeys+"="+keys, fmt.Sprintf("%s=%d", victimPlan, p.ID), fmt.Sprintf("%s=%d", victimAt, 1))
			if out, err := c.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("it was not killed: %v %s", err, out)
			}
			b = open(t, dsn, keys, time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
			b.proven()
			left, err := b.keeper.Due(chen, retention.Wanted{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for i := range left {
				n += int(left[i].Members.GetCardinality())
			}
			if n != rows-200*kill {
				t.Errorf("after kill %d, %d cells are due", kill, n)
			}
			b.db.Close()
		}
		b = open(t, dsn, keys, time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		defer b.db.Close()
		if p, err = b.keeper.Apply(zhao, p.ID, nil); err != nil || p.State != retention.Done || p.Erased != rows || p.Kept != 0 {
			t.Fatalf("%+v %v", p, err)
		}
		if o, err := b.keeper.OriginalOf(chen, id); err != nil || o == nil || o.What != retention.Rewritten {
			t.Errorf("%+v %v", o, err)
		}
		b.proven()
	})
}

// plain is a test that ends the process when it fails.
type plain struct{ testing.TB }

func (*plain) Context() context.Context { return context.Background() }
func (*plain) Helper()                  {}
func (*plain) Fatal(args ...any)        { fmt.Println(args...); os.Exit(4) }
