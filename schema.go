// Package terminvergabe is the module's root: it embeds the files that only a
// root package can reach, and holds nothing else.
package terminvergabe

import _ "embed"

// Schema is the newest schema, valid on SQLite and on PostgreSQL.
//
//go:embed schema.sql
var Schema string

// ConfigExample is the configuration manual.
//
//go:embed config.example.yaml
var ConfigExample string
