package hook

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
)

// Nothing is sent into closed networks, by whatever way their addresses are written, unless the administrator allows it.
func TestAddresses(t *testing.T) {
	closed := Open(Config{Clock: time.Now})
	networks, err := ParseAllowed([]string{"10.20.0.0/16", "127.0.0.1", "fd00:1::/32"})
	if err != nil {
		t.Fatal(err)
	}
	open := Open(Config{Clock: time.Now, Allow: networks})
	for at, want := range map[string][2]bool{ // without and with the networks
		"https://example.com/hooks?x=1": {true, true}, "https://8.8.8.8/": {true, true}, "https://[2606:4700::1111]:8443/a": {true, true}, "HTTPS://EXAMPLE.COM": {true, true},
		"http://example.com/": {false, true}, // which is refused when it is found to lie elsewhere
		"http://8.8.8.8/":     {false, false}, "http://10.20.1.2/": {false, true}, "https://10.20.1.2/": {false, true}, "https://10.21.1.2/": {false, false}, "http://127.0.0.1:8080/x": {false, true}, "https://127.0.0.2/": {false, false},
		"https://localhost/": {false, true}, "https://a.localhost/": {false, true}, "https://[::1]/": {false, false}, "https://[::ffff:10.0.0.1]/": {false, false}, "https://[::ffff:10.20.0.1]/": {false, true},
		"https://[fd00:1::5]/": {false, true}, "https://[fd00:2::5]/": {false, false}, "https://[fe80::1%25eth0]/": {false, false}, "https://169.254.169.254/latest/meta-data": {false, false}, "https://100.100.100.200/": {false, false},
		"https://0.0.0.0/": {false, false}, "https://224.0.0.1/": {false, false}, "https://255.255.255.255/": {false, false}, "https://192.168.1.1/": {false, false}, "https://172.16.0.1/": {false, false}, "https://[64:ff9b::a00:1]/": {false, false},
		"https://[2002:a00:1::]/": {false, false}, "https://[::]/": {false, false}, "https://[::10.0.0.1]/": {false, false}, "ftp://example.com/": {false, false}, "file:///etc/passwd": {false, false}, "https://": {false, false},
		"https://user:pass@example.com/": {false, false}, "https://example.com/#a": {false, false}, "https://exa mple.com/": {false, false}, "https://例子.中国/": {false, false}, "example.com": {false, false}, "": {false, false}, "javascript:alert(1)": {false, false},
		"https://example.com/" + strings.Repeat("a", 500): {false, false}, "https://example.com/\nHost: x": {false, false},
	} {
		for i, h := range []*Hooks{closed, open} {
			if err := h.checkURL(at); (err == nil) != want[i] || err != nil && fault.Of(err) != fault.Invalid {
				t.Errorf("%s, with networks %t: %v", at, i == 1, err)
			}
		}
	}
	for _, bad := range []string{"", "10.0.0.0/33", "localhost", "10.0.0.0-10.0.0.9"} {
		if _, err := ParseAllowed([]string{bad}); fault.Of(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Names are looked up when a message is sent: an address of a closed network is refused there, too, and an answer leads nowhere else.
func TestConnections(t *testing.T) {
	asked := 0
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer inside.Close()
	closed := Open(Config{Clock: time.Now, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
	for _, secure := range []bool{true, false} {
		for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
			r, err := http.NewRequestWithContext(context.WithValue(t.Context(), secureKey{}, secure), http.MethodPost, "http://"+host+port, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = closed.client.Do(r)
			if err == nil || troubleOf(err) != BadAddress {
				t.Errorf("%s is reached, or fails otherwise: %v", host, err)
			}
		}
	}
	open := Open(Config{Clock: time.Now, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	leads := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusTemporaryRedirect))
	defer leads.Close()
	a, _ := open.call(t.Context(), &Hook{URL: leads.URL}, &Delivery{Message: "msg_x"}, nil, []byte("{}"))
	if a.Status != http.StatusTemporaryRedirect || asked != 0 {
		t.Errorf("%+v, and the other place was asked %d times", a, asked)
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer secure.Close()
	if a, _ := open.call(t.Context(), &Hook{URL: secure.URL}, &Delivery{Message: "msg_x"}, nil, []byte("{}")); a.Trouble != BadTLS || asked != 0 {
		t.Errorf("a certificate that nobody knows: %+v", a)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if a, _ := open.call(t.Context(), &Hook{URL: gone.URL}, &Delivery{Message: "msg_x"}, nil, []byte("{}")); a.Trouble != NoReach {
		t.Errorf("nobody listens: %+v", a)
	}
	if a, _ := closed.call(t.Context(), &Hook{URL: inside.URL}, &Delivery{Message: "msg_x"}, nil, []byte("{}")); a.Trouble != BadAddress {
		t.Errorf("an address that was allowed before: %+v", a)
	}
	long := Open(Config{Clock: time.Now, Allow: open.Allow, Timeout: 1})
	if a, _ := long.call(t.Context(), &Hook{URL: inside.URL}, &Delivery{Message: "msg_x"}, nil, []byte("{}")); a.Trouble != TooSlow {
		t.Errorf("no time: %+v", a)
	}
}

// The example that the libraries of Standard Webhooks test themselves with.
func TestSign(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := Sign([][]byte{secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
