package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// person asks, waits for the answer, and asks again.
type person struct {
	account
	addr   string
	client *http.Client
	rand   *rand.Rand
	opened []string // addresses of pages that his role opens
	takes  []string // texts of which he may export the enterprises: 5,000 at most
	finds  bool     // he may search
	found  []string // addresses of enterprises that he has seen
	forms  []string // addresses of their forms
	waits  []wait
	wrong  []string // answers that were none
}

// wait is how long an answer took.
type wait struct {
	kind  string
	took  time.Duration
	later bool // the answer was to come again later
	at    string
}

func newPerson(addr string, a account, r *rand.Rand) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it never fails without options
	}
	return &person{account: a, addr: strings.TrimSuffix(addr, "/"), rand: r, client: &http.Client{Jar: jar, Timeout: time.Minute,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 2 * time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signIn signs in on the page, as a browser does.
func (p *person) signIn(ctx context.Context) error {
	if p.ID == "" {
		return nil
	}
	_, page, err := p.ask(ctx, http.MethodGet, "/sign-in", nil)
	if err != nil {
		return err
	}
	form := readForm(page, "/sign-in")
	if form == nil {
		return fmt.Errorf("the sign-in page has no form")
	}
	form.Set("person", p.ID)
	form.Set("password", p.Password)
	status, _, err := p.ask(ctx, http.MethodPost, "/sign-in", form)
	if err != nil || status != http.StatusSeeOther {
		return fmt.Errorf("%s cannot sign in: %d %v", p.ID, status, err)
	}
	return nil
}

// live asks until ctx ends, every so often, beginning at a moment of his own.
func (p *person) live(ctx context.Context, every time.Duration) {
	next := time.Now().Add(time.Duration(p.rand.Int64N(int64(every))))
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		p.act(ctx)
		if next = next.Add(every); time.Now().After(next) { // the answer took longer
			next = time.Now()
		}
	}
}

// pages are what people look at, with how often.
var pages = []string{"/", "/", "/enterprises", "/enterprises", "/enterprises?met=hnte", "/todo", "/quality", "/registers", "/registers/carrier", "/lab", "/import", "/log", "/people", "/account"}

// waitForPages waits until the registers are in memory.
func (p *person) waitForPages(ctx context.Context) error {
	for ctx.Err() == nil {
		status, page, err := p.ask(ctx, http.MethodGet, "/", nil)
		if err != nil || status != http.StatusServiceUnavailable && !bytes.Contains(page, []byte("data-reload")) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	return ctx.Err()
}

// lookAround finds out what his role opens, as a person does on his first day.
func (p *person) lookAround(ctx context.Context) error {
	open := func(address string) (bool, error) {
		status, page, err := p.ask(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, err
		}
		p.learn(address, page)
		return status == http.StatusOK, nil
	}
	for _, at := range pages {
		ok, err := open(at)
		if err != nil {
			return err
		}
		if ok {
			p.opened = append(p.opened, at)
		}
	}
	err := p.narrow(ctx)
	if err != nil {
		return err
	}
	if p.finds, err = open("/search?q=" + url.QueryEscape(words[0])); err != nil {
		return err
	}
	if p.found = slices.DeleteFunc(p.found, func(string) bool { return !p.finds }); len(p.found) > 0 { // the log names what not everybody opens
		_, err = open(p.found[0])
	}
	if len(p.opened) == 0 {
		return fmt.Errorf("%s may open no page", p.ID)
	}
	return err
}

// most is how many rows somebody exports.
const most = 5_000

var (
	// trades are parts of the names of the demonstration city: the first are of one enterprise in a hundred, the next of one in
	// some thousands.
	trades = [][]string{{"达", "盛", "嘉", "远", "铭", "瑞"}, {"盛达", "嘉流", "达家", "远合", "铭力", "瑞发"}}
	// listed is how many enterprises a list has.
	listed = regexp.MustCompile(`<caption>[^<]*，([0-9,]+) 家`)
)

// narrow finds texts of which somebody may export the enterprises, as many as he would.
func (p *person) narrow(ctx context.Context) error {
	if status, _, err := p.ask(ctx, http.MethodGet, exported(trades[1][0]), nil); err != nil || status != http.StatusOK {
		return err
	}
	for _, list := range trades {
		word := list[p.rand.IntN(len(list))]
		_, page, err := p.ask(ctx, http.MethodGet, "/enterprises?text="+url.QueryEscape(word), nil)
		if err != nil {
			return err
		}
		n := 0 // a list of none has no caption
		if m := listed.FindSubmatch(page); m != nil {
			if n, err = strconv.Atoi(strings.ReplaceAll(string(m[1]), ",", "")); err != nil {
				return err
			}
		}
		if n <= most {
			p.takes = append(p.takes, word)
		}
	}
	return nil
}

// exported is the address of an export of some enterprises.
func exported(word string) string {
	return "/enterprises.xlsx?text=" + url.QueryEscape(word)
}

// words are what they search for.
var words = []string{"天津", "科技", "精工", "智能", "医药", "新材料", "kj", "tjzn", "东丽", "家具"}

// act does one thing.
func (p *person) act(ctx context.Context) {
	switch n := p.rand.IntN(100); {
	case n < 5 && len(p.takes) > 0:
		p.timed(ctx, "export", exported(p.takes[p.rand.IntN(len(p.takes))]))
	case n < 15 && p.Saves && len(p.forms) > 0:
		p.save(ctx)
	case n < 35 && p.finds:
		p.timed(ctx, "search", "/search?q="+url.QueryEscape(words[p.rand.IntN(len(words))]))
	case n < 60 && len(p.found) > 0:
		p.timed(ctx, "subject", p.found[p.rand.IntN(len(p.found))])
	default:
		p.timed(ctx, "page", p.opened[p.rand.IntN(len(p.opened))])
	}
}

// Links to enterprises, and to the form of one.
var (
	enterpriseLink = regexp.MustCompile(`href="(/enterprises/[0-9A-Z]{18})["?]`)
	formLink       = regexp.MustCompile(`href="(/s/[0-9]+/edit)["?]`)
)

// timed asks for a page and notes how long it took.
func (p *person) timed(ctx context.Context, kind, address string) {
	began := time.Now()
	status, body, err := p.ask(ctx, http.MethodGet, address, nil)
	p.note(ctx, kind, address, began, status, body, err)
	p.learn(address, body)
}

// learn keeps the addresses of enterprises and forms that stand on a page.
func (p *person) learn(address string, body []byte) {
	keep := func(list *[]string, link *regexp.Regexp) {
		for _, m := range link.FindAllSubmatch(body, 20) {
			if len(*list) < 50 {
				*list = append(*list, string(m[1]))
			}
		}
	}
	keep(&p.found, enterpriseLink)
	if strings.HasPrefix(address, "/enterprises/") {
		keep(&p.forms, formLink)
	}
}

// save changes a value of a subject: it opens the form and sends it.
func (p *person) save(ctx context.Context) {
	at := p.forms[p.rand.IntN(len(p.forms))]
	began := time.Now()
	status, page, err := p.ask(ctx, http.MethodGet, at, nil)
	p.note(ctx, "form", at, began, status, page, err)
	form := readForm(page, at)
	if form == nil {
		return
	}
	form.Set("f.office_address", fmt.Sprintf("示例路%d号%d室", p.rand.IntN(100_000), began.Unix()%100_000)) // another one in every run
	began = time.Now()
	status, page, err = p.ask(ctx, http.MethodPost, at, form)
	p.note(ctx, "save", at, began, status, page, err)
}

// note keeps what came of a request. A save that somebody else has overtaken (409) is an answer, and so is being told to come
// again.
func (p *person) note(ctx context.Context, kind, address string, began time.Time, status int, page []byte, err error) {
	switch {
	case err != nil && ctx.Err() != nil:
	case err != nil:
		p.wrong = append(p.wrong, fmt.Sprintf("%s: %v", address, err))
	case status == http.StatusServiceUnavailable:
		p.waits = append(p.waits, wait{kind, time.Since(began), true, address})
	case status == http.StatusOK, status == http.StatusSeeOther, status == http.StatusConflict:
		p.waits = append(p.waits, wait{kind, time.Since(began), false, p.account.ID + " " + address})
	default:
		p.wrong = append(p.wrong, fmt.Sprintf("%s: status %d: %s", address, status, alertOf(page)))
	}
}

// ask sends a request and reads the whole answer.
func (p *person) ask(ctx context.Context, method, address string, form url.Values) (status int, body []byte, err error) {
	var in io.Reader
	if form != nil {
		in = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, p.addr+address, in)
	if err != nil {
		return 0, nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	var page bytes.Buffer
	if _, err := page.ReadFrom(answer.Body); err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	return answer.StatusCode, page.Bytes(), nil
}
