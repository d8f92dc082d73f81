package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"terminvergabe/ui"
)

// The part of CycloneDX 1.6 that says what a program is made of.
type (
	bom struct {
		Format       string          `json:"bomFormat"`
		Spec         string          `json:"specVersion"`
		Version      int             `json:"version"`
		Metadata     bomMetadata     `json:"metadata"`
		Components   []bomComponent  `json:"components"`
		Dependencies []bomDependency `json:"dependencies"`
	}
	bomMetadata struct {
		Component bomComponent `json:"component"`
	}
	bomComponent struct {
		Type       string        `json:"type"`
		Ref        string        `json:"bom-ref"`
		Name       string        `json:"name"`
		Version    string        `json:"version"`
		Licences   []bomLicence  `json:"licenses"`
		PURL       string        `json:"purl,omitempty"`
		Properties []bomProperty `json:"properties,omitempty"`
	}
	bomLicence struct {
		Licence    *bomLicenceID `json:"license,omitempty"`
		Expression string        `json:"expression,omitempty"` // where one id does not do
	}
	bomLicenceID struct {
		ID string `json:"id"`
	}
	bomProperty struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	bomDependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
)

// printBOM says what this program is made of: its own record of the modules that were
// linked in, Go's library, and what is embedded of others. The same program says the same
// at any time.
func printBOM(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was built without a record of its modules: build it with make")
	}
	parts, err := components(info)
	if err != nil {
		return err
	}
	own := bomComponent{Type: "application", Ref: "terminvergabe", Name: "terminvergabe", Version: version, Licences: licensed("EUPL-1.2")}
	b := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: bomMetadata{Component: own}, Components: parts}
	all := bomDependency{Ref: own.Ref}
	for _, part := range parts {
		all.DependsOn = append(all.DependsOn, part.Ref)
	}
	b.Dependencies = []bomDependency{all}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(b)
}

func components(info *debug.BuildInfo) (list []bomComponent, err error) {
	of := map[string]string{"std": "BSD-3-Clause"}
	for licence, modules := range licences() {
		for _, module := range modules {
			of[module] = licence
		}
	}
	modules := append([]*debug.Module{{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}}, info.Deps...)
	for _, m := range modules {
		if m.Replace != nil {
			m = m.Replace
		}
		licence := of[m.Path]
		if licence == "" {
			return nil, fmt.Errorf("the licence of %s is not known", m.Path)
		}
		c := bomComponent{Type: "library", Name: m.Path, Version: m.Version, Licences: licensed(licence), PURL: "pkg:golang/" + m.Path + "@" + url.PathEscape(m.Version)}
		if m.Sum != "" {
			c.Properties = []bomProperty{{"go:sum", m.Sum}}
		}
		list = append(list, c)
	}
	embedded, err := embeddedParts(ui.Files)
	if err != nil {
		return nil, err
	}
	list = append(list, embedded...)
	for i := range list {
		list[i].Ref = list[i].PURL
	}
	slices.SortFunc(list, func(a, b bomComponent) int { return cmp.Compare(a.PURL, b.PURL) })
	return list, nil
}

// licensed speaks of a licence as SPDX names it, or of several.
func licensed(spdx string) []bomLicence {
	if strings.Contains(spdx, " ") {
		return []bomLicence{{Expression: spdx}}
	}
	return []bomLicence{{Licence: &bomLicenceID{spdx}}}
}

// embeddedParts are packages of npm whose files are embedded; the version stands in the README
// beside them, where `make kern` and its neighbours write it.
func embeddedParts(files fs.FS) (list []bomComponent, err error) {
	named := regexp.MustCompile("`(@?[a-z/-]+)` ([0-9.]*[0-9])")
	for _, part := range []struct{ folder, licence string }{{"kern", "EUPL-1.2"}, {"fonts", "OFL-1.1"}, {"altcha", "MIT"}} {
		readme, err := fs.ReadFile(files, "static/"+part.folder+"/README.md")
		if err != nil {
			return nil, err
		}
		found := named.FindSubmatch(readme)
		if found == nil {
			return nil, fmt.Errorf("static/%s/README.md names no package with its version", part.folder)
		}
		name, number := string(found[1]), string(found[2])
		list = append(list, bomComponent{Type: "library", Name: name, Version: number, Licences: licensed(part.licence),
			PURL: "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + number})
	}
	return list, nil
}
