// Package answer gives what the engines find out as programs read it: the JSON of commands, and of whatever asks over the
// network. Names of fields stay as they are; new ones are added. Money is in yuan (or dollars), shares are plain ratios,
// dates are 2021-03-31, and a list that is empty is [] and not null.
package answer
