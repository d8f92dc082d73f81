// Package terminvergabe is the module's root: it embeds what only a root package can
// reach, and holds nothing else.
package terminvergabe

import _ "embed"

// Schema is the newest schema, valid on SQLite and on PostgreSQL.
//
//go:embed schema.sql
var Schema string

// ConfigManual is the configuration manual, a file to copy.
//
//go:embed config.example.yaml
var ConfigManual []byte
