package oidc

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"eyas/internal/fault"
)

// Provider is a provider of OpenID Connect. It is safe for concurrent use.
type Provider struct {
	*Config
	secret string
	clock  func() time.Time
	client *http.Client

	mu    sync.Mutex
	known *oidc.Provider // nil: it was not asked yet
	out   string         // where browsers sign out there; empty: nowhere
}

// patience bounds how long the provider may take to answer.
const patience = 10 * time.Second

// New returns the provider of a file. It is asked for its description when somebody first signs in.
func New(c *Config, secret string, clock func() time.Time) *Provider {
	return &Provider{Config: c, secret: secret, clock: clock, client: &http.Client{Timeout: patience}}
}

// In is the name of the provider in a language.
func (p *Provider) In(lang string) string {
	if lang == "en" {
		return p.Name.EN
	}
	return p.Name.ZH
}

// errAway is answered when the provider does not answer as it should.
func errAway(err error) error {
	return fault.New(fault.Unavailable, "统一身份认证现在连不上，或配置不对。请稍后再试，或用口令登录。",
		"The identity provider cannot be reached now, or is set up wrongly. Try again later, or sign in by a password.").Wrap(err)
}

// errRefused is answered to what does not come from a sign-in that was begun here and ended well there.
func errRefused(err error) error {
	return fault.New(fault.Invalid, "统一身份认证的回答不能采信，没有登录。请从登录页重新开始。",
		"The answer of the identity provider cannot be trusted, and nobody was signed in. Begin again on the page to sign in.").Wrap(err)
}

// asked gives what the provider says of itself.
func (p *Provider) asked(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	known, err := oidc.NewProvider(ctx, p.Issuer) // it checks that the issuer is the one that was asked
	if err != nil {
		return nil, errAway(err)
	}
	var more struct {
		Out string `json:"end_session_endpoint"`
	}
	if err := known.Claims(&more); err != nil {
		return nil, errAway(err)
	}
	if safe(more.Out) {
		p.out = more.Out
	}
	p.known = known
	return known, nil
}

func (p *Provider) config(known *oidc.Provider, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.Client, ClientSecret: p.secret, Endpoint: known.Endpoint(), RedirectURL: cmp.Or(p.Redirect, redirect), Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...)}
}

// Secrets are what a sign-in that was begun is recognised by. They are kept on this side until it ends.
type Secrets struct {
	Nonce    string // stands in the token
	Verifier string // of PKCE
}

// NewSecrets makes the secrets of a sign-in.
func NewSecrets() Secrets { return Secrets{oauth2.GenerateVerifier(), oauth2.GenerateVerifier()} }

// Begin gives the address at which the browser signs in. Redirect is where it comes back, unless the file says.
func (p *Provider) Begin(ctx context.Context, state string, s Secrets, redirect string) (to string, err error) {
	defer fault.At(&err, "oidc.Begin(provider %s)", p.ID)
	known, err := p.asked(ctx)
	if err != nil {
		return "", err
	}
	return p.config(known, redirect).AuthCodeURL(state, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), nil
}

// Who is somebody whom the provider has signed in.
type Who struct {
	Subject       string // by which the provider knows him for good
	Account       string
	Display, Mail string
	Factor        bool // a second factor was checked there
	Roles         []Held
}

// End takes what the browser brought back, and tells who signed in. Redirect is that of Begin.
func (p *Provider) End(ctx context.Context, answer url.Values, s Secrets, redirect string) (w *Who, err error) {
	defer fault.At(&err, "oidc.End(provider %s)", p.ID)
	known, err := p.asked(ctx)
	if err != nil {
		return nil, err
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.Issuer { // RFC 9207: another provider's answer
		return nil, errRefused(errors.New("the answer is of another issuer"))
	}
	if said := answer.Get("error"); said != "" {
		return nil, fault.New(fault.Invalid, "没有在统一身份认证登录。请重试，或用口令登录。", "You were not signed in at the identity provider. Try again, or sign in by a password.").Wrap(errors.New("it answered " + short(said)))
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	token, err := p.config(known, redirect).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(s.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return nil, errRefused(errors.New("the code was refused: " + short(refused.ErrorCode)))
		}
		return nil, errAway(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.VerifierContext(ctx, &oidc.Config{ClientID: p.Client, Now: p.clock}).Verify(ctx, raw)
	if err != nil {
		return nil, errRefused(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(s.Nonce)) != 1 {
		return nil, errRefused(errors.New("the nonce is another"))
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, errRefused(err)
	}
	return &Who{Subject: id.Subject, Account: value(claims, cmp.Or(p.Account, "preferred_username")), Display: value(claims, cmp.Or(p.Display, "name")), Mail: value(claims, cmp.Or(p.Mail, "email")),
		Factor: p.Second.shown(claims), Roles: p.held(claims)}, nil
}

// SignOut is the address at which the browser signs out at the provider and comes back; empty when it has none.
func (p *Provider) SignOut(back string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == "" {
		return ""
	}
	u, err := url.Parse(p.out)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.Client)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}

// short is a text of somebody else, cut to what an error may hold.
func short(s string) string { return s[:min(len(s), 100)] }
