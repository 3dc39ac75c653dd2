// Package schema holds the published JSON Schema of each kind of pack file.
package schema

import "embed"

// FS holds pack.json, org.json, places.json, words.json, register.json, codes.json, sources.json, rule.json, tests.json, quality.json, roles.json, retention.json, connector.json, calendar.json and matter.json.
//
//go:embed *.json
var FS embed.FS
