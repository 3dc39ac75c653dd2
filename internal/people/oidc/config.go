// Package oidc lets persons in by a provider of OpenID Connect, such as the single sign-on of a city: it sends the browser there,
// checks what comes back, and reads from the claims who it is and which roles a file says that he has. Package people does the
// rest. Nothing is asked of any provider before somebody signs in by it.
//
// The checks are those of OpenID Connect Core 1.0, 3.1.2.1 and 3.1.3.7, with PKCE (RFC 7636, S256): signature, issuer, audience,
// times, nonce; a state is taken once, and by the browser to which it was given.
package oidc

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Config is the file about a provider.
type Config struct {
	// ID names the provider in the log and in grants: small letters, digits and dashes.
	ID   string `yaml:"id"`
	Name struct {
		ZH string `yaml:"zh"`
		EN string `yaml:"en"`
	} `yaml:"name"`
	Issuer string `yaml:"issuer"` // address of the provider, as its tokens give it
	Client string `yaml:"client"` // id under which Eyas is registered there
	// SecretFile is a file with the secret of the client, beside the file or by its whole path; empty: a public client.
	SecretFile string `yaml:"secret_file"`
	// Redirect is where the provider sends browsers back: https://NAME/sign-in/provider/done. Empty: the name by which the
	// server was asked.
	Redirect string   `yaml:"redirect"`
	Scopes   []string `yaml:"scopes"` // besides openid
	// Account, Display and Mail are the claims with the id of the account, the name of the person and his mail address.
	Account string `yaml:"account"`
	Display string `yaml:"display"`
	Mail    string `yaml:"mail"`
	// Unknown says what happens to who has no account: refuse, or propose one to the system administrator.
	Unknown string `yaml:"unknown"`
	Second  Second `yaml:"second"`
	Roles   []Role `yaml:"roles"`
}

// Second says by what a token shows that the provider has checked a second factor: one of some methods (amr, RFC 8176), or one of
// some levels (acr). None: it never has.
type Second struct {
	AMR []string `yaml:"amr"`
	ACR []string `yaml:"acr"`
}

// Role is a role of the pack that who has some claims holds.
type Role struct {
	When map[string]string `yaml:"when"` // claim → a value that it has, alone or in a list; all must hold
	Role string            `yaml:"role"`
	Org  string            `yaml:"org"` // id of the organisation
	Code string            `yaml:"code"`
	// OrgFrom and CodeFrom are claims with the id of the organisation or the code of the subject, instead.
	OrgFrom  string `yaml:"org_from"`
	CodeFrom string `yaml:"code_from"`
}

// The two ways with who has no account.
const (
	Propose = "propose"
	Refuse  = "refuse"
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// Read reads the file about a provider and checks it against the roles and organisations of a pack. The secret is read, too.
func Read(path string, p *pack.Pack) (c *Config, secret string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fault.New(fault.NotFound, "读不了统一身份认证的配置 "+path+"。请核对路径和权限。", "cannot read the file about the identity provider, "+path+": check its path and permissions").Wrap(err)
	}
	c = &Config{}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(c); err != nil {
		return nil, "", fault.New(fault.Invalid, path+" 读不懂："+yaml.FormatError(err, false, true), path+" cannot be understood: "+yaml.FormatError(err, false, true)).Wrap(err)
	}
	if zh, en := c.mistake(p); zh != "" {
		return nil, "", fault.New(fault.Invalid, path+"："+zh, path+": "+en)
	}
	if c.SecretFile == "" {
		return c, "", nil
	}
	file := c.SecretFile
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(path), file)
	}
	text, err := os.ReadFile(file)
	if err == nil && strings.TrimSpace(string(text)) == "" {
		err = fmt.Errorf("%s is empty", file)
	}
	if err != nil {
		return nil, "", fault.New(fault.NotFound, "读不了密钥文件 "+file+"，或它是空的。", "cannot read the file with the secret, "+file+", or it is empty").Wrap(err)
	}
	return c, strings.TrimSpace(string(text)), nil
}

// mistake says what is wrong with a file, and how to mend it; empty: nothing.
func (c *Config) mistake(p *pack.Pack) (zh, en string) {
	switch {
	case !idForm.MatchString(c.ID):
		return "id 须是小写字母、数字、横线，以字母开头。", "id is small letters, digits and dashes, and begins with a letter"
	case c.Name.ZH == "" || c.Name.EN == "":
		return "name 须有 zh 和 en。", "name needs zh and en"
	case !safe(c.Issuer):
		return "issuer 须是 https:// 开头的地址（只有本机可以用 http）。", "issuer is an address that begins with https:// (http on this machine only)"
	case c.Redirect != "" && !safe(c.Redirect):
		return "redirect 须是 https:// 开头的地址（只有本机可以用 http）。", "redirect is an address that begins with https:// (http on this machine only)"
	case c.Client == "":
		return "缺 client，即在对方登记的客户端标识。", "client is missing: the id under which Eyas is registered there"
	case c.Unknown != Propose && c.Unknown != Refuse:
		return "unknown 须是 propose 或 refuse。", "unknown is propose or refuse"
	case len(c.Roles) == 0:
		return "缺 roles：没有一条对应关系，谁也不能登录。", "roles is missing: without one nobody could sign in"
	}
	for i := range c.Roles {
		if zh, en := c.Roles[i].mistake(p); zh != "" {
			at := fmt.Sprintf("roles[%d] ", i)
			return at + zh, at + en
		}
	}
	return "", ""
}

func (r *Role) mistake(p *pack.Pack) (zh, en string) {
	own := p.Role(r.Role)
	if own == nil {
		return "没有名为 " + r.Role + " 的角色。", "there is no role " + r.Role
	}
	if own.Rows == pack.RowsNone {
		return "三员（" + r.Role + "）不能由统一身份认证授予，只能在雏鹰里授予。", "an administrator's role (" + r.Role + ") is never given by a provider, but in Eyas"
	}
	if len(r.When) == 0 {
		return "缺 when：没有条件就会授予所有人。", "when is missing: without a condition everybody would hold it"
	}
	places := 0
	for _, s := range []string{r.Org, r.OrgFrom, r.Code, r.CodeFrom} {
		if s != "" {
			places++
		}
	}
	if places != 1 || len(own.For) > 0 != (r.Code != "" || r.CodeFrom != "") {
		return "须写 org、org_from（按机构授予的角色）或 code、code_from（按主体授予的角色）之一。", "one of org, org_from (for a role of organisations) or code, code_from (for a role of subjects) is needed"
	}
	if o := p.Orgs.ByID(r.Org); r.Org != "" && (o == nil || !slices.Contains(own.Orgs, o.Kind)) {
		return "角色 " + r.Role + " 不能授予机构 " + r.Org + "。", "the role " + r.Role + " is not for the organisation " + r.Org
	}
	return "", ""
}

// safe reports whether an address is asked by TLS, or on this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Held is a role that claims give.
type Held struct {
	Role auth.Role
	Org  string
	Code string
}

// held are the roles that claims give, each once.
func (c *Config) held(claims map[string]any) (list []Held) {
	for i := range c.Roles {
		r := &c.Roles[i]
		if !r.holds(claims) {
			continue
		}
		orgs, codes := []string{r.Org}, []string{r.Code}
		if r.OrgFrom != "" {
			orgs = values(claims, r.OrgFrom)
		}
		if r.CodeFrom != "" {
			codes = values(claims, r.CodeFrom)
		}
		for _, org := range orgs {
			for _, code := range codes {
				if h := (Held{auth.Role(r.Role), org, code}); !slices.Contains(list, h) && (org != "" || code != "") {
					list = append(list, h)
				}
			}
		}
	}
	return list
}

func (r *Role) holds(claims map[string]any) bool {
	for name, want := range r.When {
		if !slices.Contains(values(claims, name), want) {
			return false
		}
	}
	return true
}

// mostValues bounds how many values of a claim are read.
const mostValues = 200

// values are the texts of a claim, alone or in a list. A claim within another is named with a point: realm_access.roles; one whose
// own name has a point, such as https://example.org/groups, is looked for first.
func values(claims map[string]any, name string) (list []string) {
	v, ok := claims[name]
	if outer, inner, found := strings.Cut(name, "."); !ok && found {
		if m, is := claims[outer].(map[string]any); is {
			return values(m, inner)
		}
	}
	switch v := v.(type) {
	case string:
		list = append(list, v)
	case bool:
		list = append(list, fmt.Sprint(v))
	case []any:
		for _, x := range v[:min(len(v), mostValues)] {
			if s, is := x.(string); is {
				list = append(list, s)
			}
		}
	}
	return list
}

// value is the text of a claim; empty when it has none or several.
func value(claims map[string]any, name string) string {
	if list := values(claims, name); len(list) == 1 {
		return list[0]
	}
	return ""
}

// second reports whether claims show that the provider has checked a second factor.
func (s *Second) shown(claims map[string]any) bool {
	any := func(name string, want []string) bool {
		return slices.ContainsFunc(values(claims, name), func(v string) bool { return slices.Contains(want, v) })
	}
	return any("amr", s.AMR) || any("acr", s.ACR)
}
