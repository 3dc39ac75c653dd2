package registry_test

import (
	"fmt"
	"os"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
)

// A person's file that is changed while it is read is not imported. Of a copy that is kept under its digest another one
// may take the place meanwhile: several processes of one machine share copies.
func TestReplacedWhileRead(t *testing.T) {
	lines := []string{"企业名称,2020年职工总数"}
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf("企业%d,%d", i, i))
	}
	for _, kept := range []bool{false, true} {
		r := sqlite(t)
		src := r.file("a.csv", lines...)
		src.Kept = kept
		replaced := 0
		replace := func(derive.Progress) {
			replaced++
			data, err := os.ReadFile(src.Path)
			if err == nil {
				err = os.WriteFile(src.Path+".new", data, 0o600)
			}
			if err == nil {
				err = os.Rename(src.Path+".new", src.Path)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		_, previewed := r.Preview(t.Context(), src, enterprise, replace)
		_, _, imported := r.Import(t.Context(), src, enterprise, replace)
		if replaced < 2 {
			t.Fatal("nothing was replaced")
		}
		for _, err := range []error{previewed, imported} {
			if kept && err != nil || !kept && fault.Of(err) != fault.Conflict {
				t.Errorf("kept %v: %v", kept, err)
			}
		}
	}
}
