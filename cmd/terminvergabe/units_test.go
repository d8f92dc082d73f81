package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/tooltest"
)

const samples = "../../ui/docs/samples/"

// systemd knows every word of the units, and finds in them what they start.
func TestUnitsAreUnderstood(t *testing.T) {
	analyze := tooltest.Need(t, "systemd-analyze", "--version")
	folder := t.TempDir()
	program := filepath.Join(folder, "terminvergabe")
	write(t, program, "#!/bin/sh\n")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	units, err := filepath.Glob(samples + "*.service")
	if err != nil {
		t.Fatal(err)
	}
	if units = append(units, samples+"terminvergabe-backup.timer"); len(units) != 3 {
		t.Fatalf("got %v, want the service, its backup and the timer of that", units)
	}
	// A mistake of one letter is one that systemd tells of: else this test would be none.
	for _, mend := range []*strings.Replacer{strings.NewReplacer(), strings.NewReplacer("ProtectHome=", "ProtectHouse=", "OnCalendar=", "OnCalender=")} {
		var copies []string
		for _, unit := range units {
			to := filepath.Join(folder, filepath.Base(unit))
			write(t, to, mend.Replace(strings.ReplaceAll(read(t, unit), "/usr/bin/terminvergabe", program)))
			copies = append(copies, to)
		}
		said, err := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, copies...)...).CombinedOutput()
		if wrong := mend.Replace("ProtectHome=") != "ProtectHome="; (len(said) > 0 || err != nil) != wrong {
			t.Errorf("with a mistake %v: got %v\n%s", wrong, err, said)
		}
	}
}

// How exposed the service is by systemd's own measure (0 to 10, less is better) stands in
// the README, and gets no worse unnoticed.
func TestUnitsTakeRightsAway(t *testing.T) {
	analyze := tooltest.Need(t, "systemd-analyze", "--version")
	readme := strings.Join(strings.Fields(read(t, "../../README.md")), " ")
	figure := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+) `)
	for _, unit := range []string{"terminvergabe.service", "terminvergabe-backup.service"} {
		said, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=yes", "--no-pager", samples+unit).CombinedOutput()
		m := figure.FindSubmatch(said)
		if err != nil || m == nil {
			t.Fatalf("%s: %v\n%s", unit, err, said)
		}
		t.Logf("systemd-analyze security %s: %s", unit, m[1])
		if want := "`systemd-analyze security` says " + string(m[1]); !strings.Contains(readme, want) {
			t.Errorf("%s: the README does not say %q", unit, want)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
