package door

import (
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// thisMachine are the names by which a machine asks itself.
var thisMachine = []string{"localhost", "127.0.0.1", "::1"}

// admitted answers only requests by a name that is this server's. A page of another site can have its own name resolved
// to this machine (DNS rebinding); the browser then takes our pages for that site's, so that neither the protection
// against cross-site writes nor the browser's own keeps it out. The name in Host tells them apart: names of this machine,
// the address on which the request came in, and the names that the server was started with are ours, with any port.
func admitted(f *frame.Frame, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := hostName(r.Host); name != "" && (slices.Contains(thisMachine, name) || isHost(f, name) || arrivedAt(r, name)) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusMisdirectedRequest)
		if err := foreignName.Execute(w, address.Shortened(r.Host)); err != nil {
			f.Log.Warn("refused host", "error", err)
		}
	})
}

// foreignName is the answer to a request by a foreign name. It stands alone: a page of that name gets to read nothing of
// the base, and no style sheet either.
var foreignName = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>421</title></head>
<body><main><h1>不是本系统的地址 · Not an address of this system</h1>
<p>本系统不以“{{.}}”这个名称提供服务，请求已拒绝。请改用管理员告知的地址；管理员可以在启动时加上 <code>eyas serve --host 名称</code> 允许它。</p>
<p lang="en">This system does not answer by the name “{{.}}”, and the request was refused. Use the address that the administrator gave you; the administrator can allow this name with <code>eyas serve --host NAME</code>.</p>
</main></body></html>
`))

// hostName is the name in a Host header, without port, brackets and the dot of the root, in small letters.
func hostName(host string) string {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

func isHost(f *frame.Frame, name string) bool {
	return slices.ContainsFunc(f.Hosts, func(h string) bool { return hostName(h) == name })
}

// arrivedAt reports whether a name is the address on which the request came in. A browser that asks an address has not
// been led there by a foreign name.
func arrivedAt(r *http.Request, name string) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	ip, err := netip.ParseAddr(name)
	return ok && err == nil && at.AddrPort().Addr().Unmap() == ip.Unmap()
}
