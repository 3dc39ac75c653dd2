package lost

import "testing"

// No page leads back to another site.
func TestOwnPath(t *testing.T) {
	for text, own := range map[string]bool{
		"/": true, "/enterprises?scope=120110&page=2": true, "/s/7#a": true, "/sign-in": true,
		"": false, "//evil.example": false, "/\\evil.example": false, "https://evil.example/": false, "javascript:alert(1)": false, "evil": false,
		"/\t/evil.example": false, "///evil.example": false, "http:/evil": false, "/%2f/..": false, "\\\\evil.example": false, "/%zz": false,
	} {
		if got := OwnPath(text) != ""; got != own {
			t.Errorf("%q is an own path: %v", text, got)
		}
	}
}
