// Package owner names processes, so that whoever meets what one has begun, such as a batch, can tell later that it has
// ended.
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

// An owner of a batch is named by the machine and its process, so that whoever meets the batch later can tell that the
// process has ended, and by a random text of the batch's own: machine|process|began|random.

// working holds the owners whose work goes on in this process.
var working sync.Map

// New names this process and notes that it is at work; release ends that.
func New() (owner string, release func()) {
	pid := os.Getpid()
	owner = strings.Join([]string{machine(), strconv.Itoa(pid), began(pid), rand.Text()}, "|")
	working.Store(owner, true)
	return owner, func() { working.Delete(owner) }
}

// machine names this machine since it was started, and on it the space of process numbers.
var machine = sync.OnceValue(func() string {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return strings.ReplaceAll(fmt.Sprintf("%s %s %s", host, bytes.TrimSpace(boot), space), "|", " ")
})

// began tells two processes of one number apart: when it was started; empty where the system does not say.
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

// Over reports that an owner's work is certainly over. Of another machine nothing is certain.
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
