package rule

import (
	"flag"
	"os"
	"testing"
)

// The soak tries properties more often: one of them searches all plans of small cases.
func TestMain(m *testing.M) {
	if os.Getenv("EYAS_SOAK") != "" {
		if err := flag.Set("rapid.checks", "400"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
