package web

import (
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// resident is the memory of this process that the machine holds, in bytes, the most so far.
func resident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("skipped: this machine does not say how much memory a process has")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Skip("skipped: this machine does not say how much memory a process had at most")
	return 0
}

// 200 exports of a city of 20,000 enterprises at the same time take at most 500 MB over the idle server; their readers,
// in the same process here, are counted too.
func TestSoakParallelExports(t *testing.T) {
	if os.Getenv("EYAS_SOAK") == "" {
		t.Skip("skipped: EYAS_SOAK is not set")
	}
	_, h := exportRig(t, 20_000, nil)
	if w := get(h, "/enterprises.xlsx"); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	debug.FreeOSMemory()
	before := resident(t)
	measured(t, h, "/enterprises.xlsx", 200)
	if over := resident(t) - before; over > 500<<20 {
		t.Errorf("200 exports take %s over the idle server", fmt.Sprint(over>>20, " MB"))
	}
}
