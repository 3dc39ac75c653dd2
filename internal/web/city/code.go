package city

import (
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// Written gives how the codes of an attribute are written in a file: by their names, and with the code before it where another
// code has the same name, so that an import finds the same code again.
func (c *City) Written(a *pack.Attribute, lang string) func(code string) string {
	codes := c.codesByName(a.Codes)
	return func(code string) string {
		name := c.CodeName(a, code, lang)
		if found, known := codes[cell.NameKey(name)]; name == code || !known || found == code {
			return name
		}
		if !strings.ContainsAny(code, "0123456789") {
			return code
		}
		return code + " " + name
	}
}

// codesByName gives the codes of a list by the keys of their names; empty for a name that several codes have, or that is the code
// of another one. It is worked out once.
func (c *City) codesByName(list string) map[string]string {
	if known, ok := c.byName.Load(list); ok {
		return known.(map[string]string)
	}
	codes := map[string]string{}
	add := func(name pack.Text, code string) {
		for _, word := range []string{name.ZH, name.EN} {
			key := cell.NameKey(word)
			if old, taken := codes[key]; taken && old != code {
				codes[key] = ""
			} else {
				codes[key] = code
			}
		}
	}
	for _, l := range c.Pack.Codes {
		if l.ID != list {
			continue
		}
		for _, item := range l.Items {
			add(item.Name, item.Code)
			if key := cell.NameKey(item.Code); codes[key] != item.Code {
				codes[key] = "" // a name that is another's code
			}
		}
	}
	c.byName.Store(list, codes)
	return codes
}
