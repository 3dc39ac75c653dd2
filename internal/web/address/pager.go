package address

import (
	"slices"
	"strconv"
)

// Pager is the links from page to page.
type Pager struct {
	From, To, Total     int
	First, Before, Next string
	Last                string
	Page, Pages         int
}

// ReadPage reads a page of a list, counted from 1, with so many rows on each. A page behind the last one is answered with the last
// one: rows may have left the list since the address was made. It returns the rows, the page that they are of, and how many rows
// there are in all.
func ReadPage[T any](page, per int, read func(offset, limit int) ([]T, int, error)) (rows []T, at, total int, err error) {
	rows, total, err = read((page-1)*per, per)
	if last := max(1, (total+per-1)/per); err == nil && page > last {
		page = last
		rows, total, err = read((page-1)*per, per)
	}
	return rows, page, total, err
}

// Pages are the links from page to page, with so many on each; pairs are changed in the address besides the page.
func Pages(ask *Ask, page, total, per int, pairs ...string) Pager {
	p := Pager{Page: page, Total: total, Pages: max(1, (total+per-1)/per)}
	p.From, p.To = min((page-1)*per+1, total), min(page*per, total)
	to := func(page string) string { return ask.With(append(slices.Clone(pairs), "page", page)...) }
	if page > 1 {
		p.First = to("")
		p.Before = to(strconv.Itoa(page - 1))
	}
	if page < p.Pages {
		p.Next = to(strconv.Itoa(page + 1))
		p.Last = to(strconv.Itoa(p.Pages))
	}
	return p
}
