// Command bench prints how fast the product is beside the bare limit of the same
// machine in the same run. Figures of one machine drift; the ratio is what counts:
// limit and product alternate, and the median of the pairs' ratios is shown.
//
// It measures and refuses to judge. Start reading at rows.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"terminvergabe/internal/pgtest"
)

// pairs is how often limit and product are measured in turn.
const pairs = 5

// row is one line of the table: two measurements of the same unit. Each call of
// limit and product gives one figure.
type row struct {
	name, unit string
	faster     bool // a higher figure is better
	limit      func() (float64, error)
	product    func() (float64, error)
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "terminvergabe-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("%-46s %14s %14s %8s\n", "", "bare limit", "product", "ratio")
	sqlite, err := rows(ctx, "SQLite", filepath.Join(dir, "book.db"), filepath.Join(dir, "bare.db"))
	if err != nil {
		return err
	}
	if err := measure(sqlite); err != nil {
		return err
	}
	return postgres(ctx)
}

func postgres(ctx context.Context) error {
	cluster, err := pgtest.Start(pgtest.Durable)
	if errors.Is(err, pgtest.ErrMissing) {
		fmt.Println("PostgreSQL: not installed, not measured")
		return nil
	}
	if err != nil {
		return err
	}
	defer cluster.Stop()
	var urls [2]string
	for i := range urls {
		if urls[i], err = cluster.Create(ctx); err != nil {
			return err
		}
	}
	list, err := rows(ctx, "PostgreSQL", urls[0], urls[1])
	if err != nil {
		return err
	}
	return measure(list)
}

func measure(list []row) error {
	for _, r := range list {
		var limits, products, ratios []float64
		for range pairs {
			l, err := r.limit()
			if err != nil {
				return fmt.Errorf("%s: limit: %w", r.name, err)
			}
			p, err := r.product()
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			ratio := p / l
			limits, products, ratios = append(limits, l), append(products, p), append(ratios, ratio)
		}
		goal := "x of the limit"
		if !r.faster {
			goal = "x the limit's time"
		}
		fmt.Printf("%-46s %14s %14s %8.2f %s\n", r.name, figure(median(limits), r.unit), figure(median(products), r.unit), median(ratios), goal)
	}
	return nil
}

func median(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	return s[len(s)/2]
}

func figure(v float64, unit string) string {
	if unit == "s" {
		return time.Duration(v * float64(time.Second)).Round(time.Microsecond).String()
	}
	return fmt.Sprintf("%.0f%s", v, unit)
}
