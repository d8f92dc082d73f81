package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"terminvergabe/internal/handbook"
)

// alertFile is what Prometheus reads.
type alertFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

// board is what Grafana reads, as far as it asks for numbers.
type board struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
	}
}

func sample(t *testing.T, l *handbook.Library, name string) []byte {
	t.Helper()
	data, ok := l.Sample(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return data
}

// asked are the metrics that an expression names; their labels and durations go first.
func asked(expr string) []string {
	bare := regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]|"[^"]*"`).ReplaceAllString(expr, "")
	return regexp.MustCompile(`\b(terminvergabe|process|go)_[a-z0-9_]+`).FindAllString(bare, -1)
}

// What the alerts and the dashboard ask for is there: in the numbers of a real service
// that has taken a booking. Every alert says in German what to do, and where the handbook
// says more.
func TestAlertsAndDashboardKnowTheNumbers(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	numbers := numbersOf(t)
	known := func(where, expr string) {
		t.Helper()
		names := asked(expr)
		if len(names) == 0 && !strings.HasPrefix(expr, "up{") {
			t.Errorf("%s asks for nothing of ours: %s", where, expr)
		}
		for _, name := range names {
			if !strings.Contains(numbers, "\n"+name+"{") && !strings.Contains(numbers, "\n"+name+" ") {
				t.Errorf("%s asks for %s, which is not there", where, name)
			}
		}
		for _, pair := range []string{"()", "{}", "[]"} {
			if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
				t.Errorf("%s: %s does not match in %s", where, pair, expr)
			}
		}
	}
	var file alertFile
	reader := yaml.NewDecoder(strings.NewReader(string(sample(t, l, "alerts.yaml"))))
	reader.KnownFields(true)
	if err := reader.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, rule := range file.Groups[0].Rules {
		known(rule.Alert, rule.Expr)
		seen = append(seen, rule.Alert)
		if s := rule.Labels["severity"]; s != "sofort" && s != "heute" {
			t.Errorf("%s: severity %q", rule.Alert, s)
		}
		if _, err := time.ParseDuration(rule.For); rule.For != "" && err != nil {
			t.Errorf("%s: for %q", rule.Alert, rule.For)
		}
		a := rule.Annotations
		if len(a["summary"]) < 20 || len(a["description"]) < 40 {
			t.Errorf("%s does not say what is to be done: %v", rule.Alert, a)
		}
		_, anchor, ok := strings.Cut(a["runbook_url"], "/staff/docs/stoerungen#")
		if p, err := l.Topic("stoerungen").Page(); !ok || err != nil || !slices.ContainsFunc(p.Sections, func(s handbook.Section) bool { return s.ID == anchor }) {
			t.Errorf("%s: %q is nowhere in the handbook (%v)", rule.Alert, a["runbook_url"], err)
		}
	}
	if n := len(seen); n < 15 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != n {
		t.Errorf("got the alerts %v", seen)
	}
	var b board
	if err := json.Unmarshal(sample(t, l, "dashboard.json"), &b); err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			known(p.Title, target.Expr)
		}
	}
	if len(b.Panels) < 12 {
		t.Errorf("got %d panels", len(b.Panels))
	}
}

// numbersOf are the numbers of a service that somebody has booked at.
func numbersOf(t *testing.T) string {
	t.Helper()
	i := install(t, build(t), "data.db")
	aside := freeAddress(t)
	file := filepath.Join(i.folder, "conf.yaml")
	conf, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	conf = append(conf, "metrics: {listen: "+aside+"}\nsecurity: {expires: 2030-01-01}\n"...)
	if err := os.WriteFile(file, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	i.serve()
	if i.book(time.Now().Add(72*time.Hour).UTC().Truncate(24*time.Hour).Format(time.RFC3339)) == "" {
		t.Fatal("nothing was booked")
	}
	time.Sleep(time.Second) // the jobs have taken their first turns
	main := i.address
	i.address = aside
	status, body := i.get("/metrics")
	i.address = main
	if status != http.StatusOK || strings.Contains(string(body), "beispiel") || !strings.Contains(string(body), `terminvergabe_acts_total{act="book"} 1`) || !strings.Contains(string(body), "terminvergabe_ready 1") {
		t.Fatalf("got %d: %s", status, body)
	}
	return string(body)
}
