package rule

import (
	"flag"
	"os"
	"testing"
)

// The soak tries properties more often: one of them searches all plans of small cases.
func TestMain(m *testing.M) {
	checks := "40"
	if os.Getenv("EYAS_SOAK") != "" {
		checks = "400"
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
