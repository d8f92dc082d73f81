// Package tooltest finds the programs of others that tests ask. Where one is missing, CI
// fails and a developer's machine says so. Only tests import it.
package tooltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Python is Debian's, whatever else comes first in PATH: it has Debian's modules.
const Python = "/usr/bin/python3"

// Need gives a program back that a test asks; probe are arguments with which it ends well
// where all that it needs is there.
func Need(t *testing.T, program string, probe ...string) string {
	t.Helper()
	if err := exec.CommandContext(t.Context(), program, probe...).Run(); err != nil {
		missing(t, "%s %v is missing: %v", program, probe, err)
	}
	return program
}

// NeedRoot is for what only root may try: also CI may be somebody else.
func NeedRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("*** SKIPPED: only root may try this ***")
	}
}

// HTMLChecker is the path of the Nu Html Checker's jar, which .ci/tools fetches.
func HTMLChecker(t *testing.T) string {
	t.Helper()
	Need(t, "java", "-version")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	jars, err := filepath.Glob(filepath.Join(cache, "terminvergabe", "vnu-*.jar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(jars) == 0 {
		missing(t, "the HTML checker vnu.jar is missing")
	}
	return slices.Max(jars)
}

func missing(t *testing.T, what string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(what+" (.ci/tools installs it)", args...)
	}
	t.Skipf("*** SKIPPED: "+what+" (.ci/tools lists what to install) ***", args...)
}
