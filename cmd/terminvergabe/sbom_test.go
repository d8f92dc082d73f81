package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What the program says of itself is valid CycloneDX, holds each module that the go
// command finds in the file, and is the same each time.
func TestSBOMNamesAllThatIsInside(t *testing.T) {
	program := filepath.Join(build(t), "terminvergabe")
	said := output(t, program, "version", "--sbom")
	if again := output(t, program, "version", "--sbom"); !bytes.Equal(said, again) {
		t.Error("two different answers of one program")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(said))
	if err != nil {
		t.Fatal(err)
	}
	if err := cycloneDX(t).Validate(document); err != nil {
		t.Error(err)
	}
	var b bom
	if err := json.Unmarshal(said, &b); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, c := range b.Components {
		got = append(got, c.PURL)
	}
	for line := range strings.Lines(string(output(t, "go", "version", "-m", program))) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" {
			want = append(want, "pkg:golang/"+f[1]+"@"+f[2])
		}
	}
	if len(want) < 40 {
		t.Fatalf("go version -m tells of %d modules only", len(want))
	}
	for _, purl := range want {
		if !slices.Contains(got, purl) {
			t.Errorf("%s is missing", purl)
		}
	}
	if got, want := len(b.Components), len(want)+len([]string{"std", "kern", "fonts", "altcha"}); got != want {
		t.Errorf("got %d components, want %d", got, want)
	}
}

// cycloneDX is the schema of the standard's authors, which refers to two others.
func cycloneDX(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const from = "http://cyclonedx.org/schema/"
	c := jsonschema.NewCompiler()
	for _, name := range []string{"bom-1.6", "spdx", "jsf-0.82"} {
		f, err := os.Open(filepath.Join("testdata", "cyclonedx", name+".schema.json.gz"))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.UnmarshalJSON(plain)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{from + name + ".schema.json", from + name + ".SNAPSHOT.schema.json"} {
			if err := c.AddResource(address, schema); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return c.MustCompile(from + "bom-1.6.schema.json")
}

// What we say of the licence of a module stands in the module.
func TestLicencesAreWhatTheModulesSay(t *testing.T) {
	words := map[string]*regexp.Regexp{
		"Apache-2.0":   regexp.MustCompile(`Apache License,? Version 2\.0`),
		"BSD-3-Clause": regexp.MustCompile(`Redistributions in binary form must reproduce .* (used to endorse|specific prior written permission)`),
		"MIT":          regexp.MustCompile(`Permission is hereby granted, free of charge, .* THE SOFTWARE IS PROVIDED "?AS IS"?`),
	}
	folders := map[string]string{}
	for line := range strings.Lines(string(output(t, "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Dir}}{{end}}", "."))) {
		if module, folder, ok := strings.Cut(strings.TrimSpace(line), " "); ok && module != "terminvergabe" {
			folders[module] = folder
		}
	}
	for spdx, modules := range licences() {
		for _, module := range modules {
			if folders[module] == "" {
				t.Errorf("%s is not in the program any more", module)
				continue
			}
			text := licenceText(t, folders[module])
			for _, one := range strings.Split(spdx, " AND ") {
				if !words[one].MatchString(text) {
					t.Errorf("%s: its licence does not read like %s", module, one)
				}
			}
			delete(folders, module)
		}
	}
	for module := range folders {
		t.Errorf("%s: which licence?", module)
	}
}

// licenceText is the licence in a module's folder, on one line.
func licenceText(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "LICENSE*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got %v, %v, want a licence", folder, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

func output(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", program, args, err)
	}
	return out
}
