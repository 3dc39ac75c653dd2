package locale

import (
	"html/template"
	"testing"
)

func TestFill(t *testing.T) {
	c := &Catalog{Lang: English, text: map[string]string{
		"x.count":  "{n} {n|company|companies} in <{where}>",
		"x.broken": "{n",
	}}
	for _, tt := range []struct{ n, want string }{{"1", "1 company in <here>"}, {"2", "2 companies in <here>"}, {"0", "0 companies in <here>"}} {
		if got, err := c.Text("x.count", "n", tt.n, "where", "here"); err != nil || got != tt.want {
			t.Errorf("Text(%s) = %q, %v; want %q", tt.n, got, err, tt.want)
		}
	}
	got, err := c.HTML("x.count", "n", template.HTML(`<a href="/">1</a>`), "where", "<script>")
	if want := template.HTML(`<a href="/">1</a> company in &lt;&lt;script&gt;&gt;`); err != nil || got != want {
		t.Errorf("HTML = %q, %v; want %q", got, err, want)
	}
	for _, bad := range [][]any{{"x.none"}, {"x.count", "n", 1}, {"x.count", "n"}, {"x.broken", "n", 1}} {
		if got, err := c.Text(bad[0].(string), bad[1:]...); err == nil {
			t.Errorf("Text(%v) = %q without an error", bad, got)
		}
	}
}
