// Package terminvergabe is the module's root: it embeds the schema, which only a
// root package can reach, and holds nothing else.
package terminvergabe

import _ "embed"

// Schema is the newest schema, valid on SQLite and on PostgreSQL.
//
//go:embed schema.sql
var Schema string
