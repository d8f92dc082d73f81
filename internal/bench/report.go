package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// report is everything that one run found out, as it is written to the JSON file.
type report struct {
	At      time.Time `json:"at"`
	Version string    `json:"version"`
	Machine []fact    `json:"machine"`
	Pairs   int       `json:"pairs"`
	Rows    []row     `json:"rows"`
}

type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// row is one line of the table. Limit and Product are medians; Ratio is the median of
// the pairs' ratios, product through limit; 0 where there is no limit.
type row struct {
	Name    string    `json:"name"`
	What    string    `json:"what"`
	Unit    unit      `json:"unit"`
	LimitIs string    `json:"limitIs"`
	Limit   float64   `json:"limit"`
	Product float64   `json:"product"`
	Ratio   float64   `json:"ratio"`
	Ratios  []float64 `json:"ratios"`
	Goal    string    `json:"goal"`
	Met     *bool     `json:"met"` // null: nothing is wanted
}

func (r *report) find(name string) (row, bool) {
	for _, row := range r.Rows {
		if row.Name == name {
			return row, true
		}
	}
	return row{}, false
}

// judge says what is wanted of a row and whether it is so.
func (w *row) judge(g goal, r *report) {
	if g.value == 0 {
		return
	}
	value, text, got := g.value, fmt.Sprintf("%.3gx", g.value), w.Ratio
	switch {
	case g.absolute:
		text, got = shown(value, w.Unit), w.Product
	case g.times != "":
		base, ok := r.find(g.times)
		if !ok {
			return // not measured in this run
		}
		value *= base.Ratio
		text = fmt.Sprintf("%.3gx", value)
	}
	met := got <= value
	w.Goal = "<= " + text
	if g.least {
		met, w.Goal = got >= value, ">= "+text
	}
	w.Met = &met
}

const layout = "%-58s %11s %11s %8s %10s %s"

func head() string { return fmt.Sprintf(layout, "", "limit", "product", "ratio", "goal", "") }

// String is the row as the table shows it.
func (w row) String() string {
	limit, ratio, met := "-", "-", ""
	if w.Limit > 0 {
		limit, ratio = shown(w.Limit, w.Unit), fmt.Sprintf("%.2fx", w.Ratio)
	}
	if w.Met != nil {
		met = map[bool]string{true: "met", false: "MISSED"}[*w.Met]
	}
	return strings.TrimRight(fmt.Sprintf(layout, w.What, limit, shown(w.Product, w.Unit), ratio, w.Goal, met), " ")
}

func shown(v float64, u unit) string {
	switch u {
	case seconds:
		d := time.Duration(v * float64(time.Second))
		switch {
		case d >= time.Second:
			d = d.Round(10 * time.Millisecond)
		case d >= time.Millisecond:
			d = d.Round(10 * time.Microsecond)
		default:
			d = d.Round(100 * time.Nanosecond)
		}
		return d.String()
	case memoryBytes:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.0f%s", v, u)
}

// legend says once what each limit is.
func (r *report) legend(out io.Writer) {
	fmt.Fprintln(out, "\nThe limits:")
	said := map[string]bool{}
	for _, row := range r.Rows {
		if row.LimitIs == "" || said[row.LimitIs] {
			continue
		}
		said[row.LimitIs] = true
		fmt.Fprintf(out, "  %-36s %s\n", row.Name, row.LimitIs)
	}
}

func (r *report) save(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func readReport(file string) (*report, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// compare prints what has become of each row since an earlier run. Where there is a
// limit the ratios are compared, since figures drift with the machine.
func compare(out io.Writer, old, new *report) {
	fmt.Fprintf(out, "\nSince %s (%s):\n", old.At.Format(time.DateTime), old.Version)
	for _, now := range new.Rows {
		was, ok := old.find(now.Name)
		if !ok {
			fmt.Fprintf(out, "  %-58s new\n", now.What)
			continue
		}
		before, after := was.Ratio, now.Ratio
		text := fmt.Sprintf("%8.2fx -> %.2fx", before, after)
		if before == 0 || after == 0 {
			before, after = was.Product, now.Product
			text = shown(before, now.Unit) + " -> " + shown(after, now.Unit)
		}
		change := ""
		if before > 0 {
			change = fmt.Sprintf("%+.0f %%", 100*(after/before-1))
		}
		fmt.Fprintf(out, "  %-58s %-24s %s\n", now.What, text, change)
	}
}
