// Copyright prints whose work is inside the program: our licence, and for each module
// that is linked in, for Go itself and for what is embedded, the licence in full. It fails
// where one has none. The Debian package and the container image carry it along.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "copyright:", err)
		os.Exit(1)
	}
}

func run() error {
	fmt.Print("Terminvergabe, appointments at public offices.\nLicensed under the EUPL-1.2; the licences of what it includes follow.\n")
	if err := print("Terminvergabe", "LICENSE"); err != nil {
		return err
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	if err := print("The Go standard library", filepath.Join(strings.TrimSpace(string(out)), "LICENSE")); err != nil {
		return err
	}
	out, err = exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}", "./cmd/terminvergabe").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var modules []string
	for line := range strings.Lines(string(out)) {
		modules = append(modules, strings.TrimRight(line, "\n"))
	}
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		name, folder, ok := strings.Cut(module, "\t")
		if !ok || strings.TrimSpace(name) == "terminvergabe" {
			continue
		}
		if err := printAll(name, folder); err != nil {
			return err
		}
	}
	for _, folder := range []string{"kern", "fonts", "altcha"} {
		if err := printAll("ui/static/"+folder, filepath.Join("ui", "static", folder)); err != nil {
			return err
		}
	}
	return nil
}

// printAll prints every file of a folder that speaks of rights.
func printAll(name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	found := false
	for _, entry := range entries {
		upper := strings.ToUpper(entry.Name())
		speaks := slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"}, func(p string) bool { return strings.HasPrefix(upper, p) })
		if entry.IsDir() || !speaks {
			continue
		}
		found = true
		if err := print(name+" ("+entry.Name()+")", filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", name, folder)
	}
	return nil
}

func print(name, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), name, bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
	return err
}
