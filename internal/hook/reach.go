package hook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"eyas/internal/fault"
)

// To which addresses messages are sent. A receiver is named by people, and a name can mean another address tomorrow: so the address is
// looked at when a connection is made, after the name was looked up, and no answer leads to another place. Without that, a hook could be
// used to ask machines behind the wall.

const longestURL = 500

// ParseAllowed reads the networks that are allowed: 10.20.0.0/16, 127.0.0.1.
func ParseAllowed(list []string) (allowed []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if a, e := netip.ParseAddr(text); e == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "“"+text+"”不是网段。写成 10.20.0.0/16 或 127.0.0.1 这样。", "“"+text+"” is no network. Write it like 10.20.0.0/16 or 127.0.0.1.")
		}
		allowed = append(allowed, p.Masked())
	}
	return allowed, nil
}

// private are networks beside those that netip knows as private, from which nobody outside is reached: shared and test networks, and
// those in which an address of version 4 stands within one of version 6.
var private = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// isPublic reports whether an address may be anybody's on the internet.
func isPublic(a netip.Addr) bool {
	return a.IsValid() && a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(a) })
}

// allows reports whether a message may be sent to an address, by https or by http.
func (h *Hooks) allows(a netip.Addr, secure bool) bool {
	a = a.Unmap().WithZone("")
	if slices.ContainsFunc(h.Allow, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return true
	}
	return secure && isPublic(a)
}

// checkURL refuses an address to which nothing can be sent.
func (h *Hooks) checkURL(text string) error {
	u, err := url.Parse(text)
	bad := func(zh, en string) error { return fault.New(fault.Invalid, zh, en) }
	switch {
	case len(text) > longestURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return bad("接收地址最多 500 个字符，只含 ASCII 字符，没有空格。", "The address has at most 500 characters, all of them ASCII, and no blanks.")
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return bad("接收地址写成 https://host/path 这样。", "Write the address like https://host/path.")
	case u.User != nil || u.Fragment != "":
		return bad("接收地址里不能有用户名、口令或 #。消息用签名证明来自这里。", "The address has no user name, password or #: messages are proven by their signature.")
	case u.Scheme == "http" && len(h.Allow) == 0:
		return bad("接收地址要用 https。只有管理员用 --hook-allow 允许的内网地址才可以用 http。", "The address must use https. Only addresses of closed networks that the administrator allows by --hook-allow may use http.")
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("接收地址要用 https。", "The address must use https.")
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		if !h.allows(a, u.Scheme == "https") {
			return errAddress(host)
		}
	} else if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		if !h.allows(netip.MustParseAddr("127.0.0.1"), u.Scheme == "https") {
			return errAddress(host)
		}
	}
	return nil
}

func errAddress(host string) error {
	return fault.New(fault.Invalid, "不能发往 "+host+"：它在本机或内网。管理员可以在启动时用 --hook-allow 写明允许的网段。", "Nothing is sent to "+host+": it is this machine, or in a closed network. The administrator can allow networks by --hook-allow when the server starts.")
}

// errDenied ends a connection to an address that is not allowed.
var errDenied = errors.New("hook: the address is not allowed")

type secureKey struct{}

// newClient makes the client that sends messages.
func (h *Hooks) newClient() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		secure, _ := ctx.Value(secureKey{}).(bool)
		d := net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !h.allows(to.Addr(), secure) {
				return errDenied
			}
			return nil
		}}
		return d.DialContext(ctx, network, address)
	}
	return &http.Client{
		Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10,
			// A connection that is kept was allowed for https alone; a message by http must not come to it, nor one after the networks changed.
			DisableKeepAlives: true, DisableCompression: true, Protocols: onlyHTTP1()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func onlyHTTP1() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	return p
}

// troubleOf tells why no answer came.
func troubleOf(err error) Trouble {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errDenied):
		return BadAddress
	case errors.As(err, &dns):
		return NoName
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &record), errors.As(err, &alert):
		return BadTLS
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return TooSlow
	case errors.As(err, &op):
		return NoReach
	}
	return OtherReason
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
