// Package ui embeds everything pages and letters are made of: templates,
// stylesheets, fonts and the texts in every language. It knows no request and
// no rule; internal/web/page and internal/mail turn its files into output.
// Start reading in layout/frame.html.
package ui

import "embed"

// Files holds every folder beside this file (layout, public, staff, mail,
// locale, static, passwords).
//
//go:embed */*
var Files embed.FS
