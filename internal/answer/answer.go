// Package answer converts results of the engines to the JSON that commands print and programs read. Names of fields
// never change; new ones may be added. Money is in yuan (or dollars), shares are ratios (0.3 is 30 %), dates are like
// 2021-03-31. An empty list is [], not null.
package answer
