package main

import (
	"testing"
	"time"

	"terminvergabe/internal/config"
)

// The warning comes thirty days before security.txt is out of date, and stays.
func TestSecurityTextIsRemindedOf(t *testing.T) {
	y := config.Security{Expires: "2027-06-30"}
	for _, test := range []struct {
		day  string
		want bool
	}{{"2027-05-30", false}, {"2027-05-31", true}, {"2027-06-29", true}, {"2027-06-30", true}, {"2028-01-01", true}} {
		now, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := securityFault(y, now) != ""; got != test.want {
			t.Errorf("on %s: got %v, want %v", test.day, got, test.want)
		}
		if got := securityFault(config.Security{}, now); got != "" {
			t.Errorf("without a day: got %q", got)
		}
	}
	// What is good for some days yet does not stop an upgrade.
	for day, want := range map[string]int{"2027-06-29": 0, "2027-07-01": 1} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		k := &checkup{}
		k.security(&config.Service{Security: y}, now)
		if len(k.faults) != want || len(k.notes)+len(k.faults) != 2 {
			t.Errorf("check-config on %s: got faults %q and notes %q, want %d faults, and contact beside it", day, k.faults, k.notes, want)
		}
	}
}
