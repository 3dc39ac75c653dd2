// Package owner identifies processes, so that another process can tell whether the owner of a batch still runs.
package owner

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// An owner is identified by its machine and process, so that others can tell whether the process has ended, and by a
// random text for each batch: machine|process|began|random.

// working holds the owners whose work is still running in this process.
var working sync.Map

// New returns an owner for this process and records that it works; release ends that.
func New() (owner string, release func()) {
	pid := os.Getpid()
	owner = strings.Join([]string{machine(), strconv.Itoa(pid), began(pid), rand.Text()}, "|")
	working.Store(owner, true)
	return owner, func() { working.Delete(owner) }
}

// machine identifies this machine since its last start, and the namespace of process ids on it.
var machine = sync.OnceValue(func() string {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return strings.ReplaceAll(fmt.Sprintf("%s %s %s", host, bytes.TrimSpace(boot), space), "|", " ")
})

// began returns when a process was started, to distinguish processes with the same id; empty when the system does not
// tell.
func began(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before may hold anything
	fields := bytes.Fields(rest)
	if len(fields) < 20 || fields[0][0] == 'Z' { // killed, and not waited for yet
		return ""
	}
	return string(fields[19])
}

// Over reports that the work of an owner has certainly ended. It is never certain for another machine.
func Over(owner string) bool {
	part := strings.Split(owner, "|")
	if len(part) != 4 || part[0] != machine() {
		return false
	}
	pid, err := strconv.Atoi(part[1])
	if err != nil {
		return false
	}
	if pid == os.Getpid() && part[2] == began(pid) {
		_, at := working.Load(owner)
		return !at
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return false
	}
	return part[2] != began(pid)
}
