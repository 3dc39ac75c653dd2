// Package answer turns results of the engines into the JSON that commands print and that programs read. Names of fields
// never change; new ones may be added. Money is in yuan (or dollars), shares are plain ratios (0.3 is 30 %), dates are
// like 2021-03-31, and an empty list is [] and not null.
package answer
