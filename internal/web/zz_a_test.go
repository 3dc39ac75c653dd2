package web

import ("testing";"os";"net/http")
func TestServeA(t *testing.T) {
	addr := os.Getenv("EYAS_WEBA")
	if addr == "" { t.Skip() }
	d, f := rig(t, 20000)
	f.synthetic = os.Getenv("SYN") != ""
	t.Log(http.ListenAndServe(addr, handler(t, d)))
}
