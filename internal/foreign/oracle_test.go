package foreign

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/tooltest"
)

// drawn are entries with a rule, with what is left out and what is moved, by chance.
func drawn(r *rand.Rand) []byte {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/London"}
	var lines []string
	for n := range 1 + r.IntN(4) {
		uid := fmt.Sprintf("UID:%d@elsewhere", n)
		start := time.Date(2026, time.Month(6+r.IntN(9)), 1+r.IntN(28), r.IntN(24), 5*r.IntN(12), 0, 0, time.UTC)
		length := time.Duration(1+r.IntN(40)) * 15 * time.Minute
		form := func(name string, t time.Time) string { return name + ":" + t.Format(wallLayout) + "Z" }
		switch r.IntN(4) {
		case 0:
			start = start.Truncate(24 * time.Hour)
			length = time.Duration(1+r.IntN(3)) * 24 * time.Hour
			form = func(name string, t time.Time) string { return name + ";VALUE=DATE:" + t.Format(dateLayout) }
		case 1, 2:
			zone := zones[r.IntN(len(zones))]
			form = func(name string, t time.Time) string { return name + ";TZID=" + zone + ":" + t.Format(wallLayout) }
		}
		rule, days := rules(r, start)
		lines = append(lines, "BEGIN:VEVENT", uid, form("DTSTART", start), form("DTEND", start.Add(length)))
		if rule != "" {
			lines = append(lines, rule)
		}
		if days > 0 && r.IntN(2) == 0 {
			lines = append(lines, form("EXDATE", start.AddDate(0, 0, days*(1+r.IntN(4)))))
		}
		lines = append(lines, "END:VEVENT")
		if days > 0 && r.IntN(2) == 0 {
			was := start.AddDate(0, 0, days*(1+r.IntN(4)))
			moved := was.AddDate(0, 0, 1)
			lines = append(lines, "BEGIN:VEVENT", uid, "SEQUENCE:1", form("RECURRENCE-ID", was), form("DTSTART", moved), form("DTEND", moved.Add(length)))
			if r.IntN(3) == 0 {
				lines = append(lines, "STATUS:CANCELLED")
			}
			lines = append(lines, "END:VEVENT")
		}
	}
	return calendar(lines...)
}

// rules draws a rule that begins with its own first occurrence, and how many days apart
// its occurrences are; 0 where that varies.
func rules(r *rand.Rand, start time.Time) (rule string, days int) {
	every := 1 + r.IntN(3)
	end := ""
	switch r.IntN(3) {
	case 0:
		end = fmt.Sprintf(";COUNT=%d", 1+r.IntN(60))
	case 1:
		end = ";UNTIL=" + start.AddDate(0, r.IntN(14), r.IntN(20)).Format(dateLayout) + "T215959Z"
	}
	weekday := strings.ToUpper(start.Weekday().String()[:2])
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("RRULE:FREQ=DAILY;INTERVAL=%d", every) + end, every
	case 1:
		return fmt.Sprintf("RRULE:FREQ=WEEKLY;INTERVAL=%d", every) + end, 7 * every
	case 2:
		return fmt.Sprintf("RRULE:FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s,FR,MO", every, weekday) + end, 0
	case 3:
		return fmt.Sprintf("RRULE:FREQ=MONTHLY;INTERVAL=%d;BYMONTHDAY=%d", every, start.Day()) + end, 0
	case 4:
		return fmt.Sprintf("RRULE:FREQ=MONTHLY;BYDAY=%d%s", (start.Day()-1)/7+1, weekday) + end, 0
	}
	return "", 0
}

// A second reader, which shares no code with this one, finds the same times in calendars
// drawn by chance, over both clock changes and in zones that are odd.
func TestAgreesWithAnotherReader(t *testing.T) {
	python := tooltest.Need(t, tooltest.Python, "-c", "import icalendar, dateutil, zoneinfo")
	r := rand.New(rand.NewPCG(6, 28))
	dir := t.TempDir()
	args := []string{"testdata/oracle.py"}
	for i := range 300 {
		file := filepath.Join(dir, fmt.Sprintf("%d.ics", i))
		if err := os.WriteFile(file, drawn(r), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out, err := exec.CommandContext(t.Context(), python, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	times := 0
	for i, line := range lines {
		data, err := os.ReadFile(args[i+1])
		if err != nil {
			t.Fatal(err)
		}
		var want [][2]string
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		var got [][2]string
		for _, e := range read(t, window(t), data).Entries {
			for _, x := range e.Times {
				got = append(got, [2]string{x.From.UTC().Format(time.RFC3339), x.To.UTC().Format(time.RFC3339)})
			}
		}
		slices.SortFunc(got, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Fatalf("calendar %d:\n%s\ngot  %v\nwant %v", i, data, got, want)
		}
		times += len(want)
	}
	if len(lines) != 300 || times < 3000 {
		t.Errorf("%d calendars with %d times were compared", len(lines), times)
	}
	t.Logf("%d calendars with %d times", len(lines), times)
}
