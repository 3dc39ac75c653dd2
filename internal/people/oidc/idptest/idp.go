// Package idptest is a provider of OpenID Connect for tests: it runs in the process of the test, on this machine. It signs
// everybody in whom a test names, holds browsers and clients to what the standard asks of them, and lies where a test wants it to.
package idptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The client that is registered at the provider.
const (
	Client = "eyas-test"
	Secret = "a secret of the test"
)

// IDP is the provider. Set its fields before a browser comes.
type IDP struct {
	URL string // its issuer
	Now func() time.Time

	mu     sync.Mutex
	key    *ecdsa.PrivateKey
	claims map[string]any
	lie    func(claims map[string]any)
	sign   *ecdsa.PrivateKey // nil: key
	codes  map[string]grant
	asked  int // requests so far
}

// grant is what a code was given for.
type grant struct{ nonce, challenge, redirect string }

// New starts a provider that runs until the test ends.
func New(t testing.TB, now func() time.Time) *IDP {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &IDP{Now: now, key: key, codes: map[string]grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys", "end_session_endpoint": p.URL + "/out",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", p.token)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked++
		p.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	p.URL = s.URL
	return p
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// Is sets who is signed in at the provider, by his claims.
func (p *IDP) Is(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// Lie changes the claims of tokens before they are signed; nil: it tells the truth.
func (p *IDP) Lie(lie func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lie = lie
}

// Forge has tokens signed by a key that is not the provider's, or by its own again.
func (p *IDP) Forge(t testing.TB, on bool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sign = nil; on {
		p.sign = key
	}
}

// Asked is how many requests the provider got.
func (p *IDP) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Approve does what a browser and its person do at the provider: it takes the address to which the browser was sent, and gives the
// one to which it is sent back.
func (p *IDP) Approve(t testing.TB, at string) (back *url.URL) {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{"client_id": Client, "response_type": "code", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			t.Fatalf("%s is %q, want %q, in %s", name, q.Get(name), want, at)
		}
	}
	if q.Get("state") == "" || q.Get("nonce") == "" || q.Get("code_challenge") == "" {
		t.Fatalf("state, nonce or challenge are missing in %s", at)
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = grant{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	p.mu.Unlock()
	if back, err = url.Parse(q.Get("redirect_uri")); err != nil {
		t.Fatal(err)
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}, "scope": {"openid"}}.Encode()
	return back
}

// token gives a token for a code, once, to the client that holds the secret and the verifier.
func (p *IDP) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	} else if plain, err := url.QueryUnescape(secret); err == nil { // RFC 6749, 2.3.1
		secret = plain
	}
	g, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != Client || secret != Secret || !known || g.redirect != r.PostFormValue("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	now := p.Now()
	claims := map[string]any{"iss": p.URL, "aud": Client, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce}
	maps.Copy(claims, p.claims)
	if p.lie != nil {
		p.lie(claims)
	}
	key := p.key
	if p.sign != nil {
		key = p.sign
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		panic(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	answer(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": raw})
}
