package people

import (
	"context"
	"net/http"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/web/frame"
)

// enterAPI tells who asks the API: by a token, and by nothing else. On a base without people the local operator does, as on its pages.
func (d *Door) enterAPI(r *http.Request, peopled bool) (context.Context, error) {
	ctx := r.Context()
	token := frame.Bearer(r)
	if !peopled {
		if r.Header.Get("Authorization") != "" {
			return ctx, fault.New(fault.Unauthorised, "这个底库没有人员，由一位操作员使用，没有令牌。请去掉 Authorization 再试。", "This base has no people; one operator uses it, and it has no tokens. Ask again without Authorization.")
		}
		return auth.As(ctx, auth.Local), nil
	}
	a, t, err := d.People.EnterAPI(ctx, token, placeOf(r))
	if err != nil {
		return ctx, err
	}
	if !d.rates.take(t.ID, t.PerMinute, d.People.Clock()) {
		return ctx, fault.New(fault.TooMany, "这个令牌一分钟内的请求太多。请稍后再试，或在令牌页上建一个限额更高的。",
			"This token has made too many requests in a minute. Try again later, or make one with a higher limit on the page of tokens.")
	}
	return auth.In(ctx, a), nil
}

// rates count the requests of tokens. A token gathers what it may use, up to that of a minute. Every process counts for itself.
type rates struct {
	mu sync.Mutex
	of map[int64]*rate
}

type rate struct {
	left float64
	at   time.Time
}

// take uses one request of a token, and reports whether there was one.
func (x *rates) take(token int64, perMinute int, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of == nil {
		x.of = map[int64]*rate{}
	}
	r := x.of[token]
	if r == nil {
		r = &rate{float64(perMinute), now}
		x.of[token] = r
	}
	if gone := now.Sub(r.at); gone > 0 {
		r.left = min(float64(perMinute), r.left+gone.Minutes()*float64(perMinute))
		r.at = now
	}
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}
