package answer

import (
	"eyas/internal/connect"
	"eyas/internal/pack"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
)

// Connectors are the systems that files are exchanged with.
type Connectors struct {
	Connectors []Connector `json:"connectors"`
}

// Connector is one of them. A direction that it does not have is null.
type Connector struct {
	ID       string         `json:"id"`
	Name     pack.Text      `json:"name"`
	Operator pack.Text      `json:"operator"`
	Register string         `json:"register"`
	Finds    []string       `json:"finds"`
	Import   *ConnectorFile `json:"import"`
	Export   *ConnectorFile `json:"export"`
}

// ConnectorFile is one direction of a connector.
type ConnectorFile struct {
	Status  pack.Status      `json:"status"`
	Columns []string         `json:"columns"` // headers
	States  []ConnectorState `json:"states,omitempty"`
}

// ConnectorState is what words of a system mean.
type ConnectorState struct {
	Means string   `json:"means"`
	Words []string `json:"words"`
}

// NewConnectors answers with some connectors.
func NewConnectors(list []*pack.Connector) Connectors {
	out := Connectors{[]Connector{}}
	for _, c := range list {
		x := Connector{ID: c.ID, Name: c.Name, Operator: c.Operator, Register: c.Register, Finds: filled(c.Finds)}
		if c.In != nil {
			x.Import = &ConnectorFile{Status: c.In.Status}
			for _, k := range c.In.Columns {
				x.Import.Columns = append(x.Import.Columns, k.Header)
			}
			for _, s := range c.In.States {
				x.Import.States = append(x.Import.States, ConnectorState(s))
			}
		}
		if c.Out != nil {
			x.Export = &ConnectorFile{Status: c.Out.Status}
			for _, k := range c.Out.Columns {
				x.Export.Columns = append(x.Export.Columns, k.Header)
			}
		}
		out.Connectors = append(out.Connectors, x)
	}
	return out
}

// Reported is the result of importing a file of a system. Linkage is null for a preview, and where who acts may not link.
type Reported struct {
	Connector string             `json:"connector"`
	File      *intake.FileReport `json:"file"`
	New       int                `json:"new"` // subjects that the base did not have before
	Linkage   *identity.Linkage  `json:"linkage"`
}

// Filled is the result of filling the table of a system.
type Filled struct {
	Connector string        `json:"connector"`
	File      string        `json:"file,omitempty"` // empty: none was written
	Rows      int           `json:"rows"`
	Complete  int           `json:"complete"`
	Lacks     []FilledLacks `json:"lacks"`
}

// FilledLacks is in how many rows a column is not as the system wants it.
type FilledLacks struct {
	Column   string      `json:"column"`
	Why      connect.Why `json:"why"`
	Rows     int         `json:"rows"`
	Required bool        `json:"required"`
}

// NewFilled answers with what is complete of a table.
func NewFilled(id string, c *connect.Check) Filled {
	out := Filled{Connector: id, Rows: c.Rows, Complete: c.Complete, Lacks: []FilledLacks{}}
	for _, l := range c.Columns {
		out.Lacks = append(out.Lacks, FilledLacks{l.Column.Header, l.Why, l.Rows, l.Column.Required})
	}
	return out
}
