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
	soon, _ := time.Parse(time.DateOnly, "2027-06-29")
	k := &checkup{}
	k.security(&config.Service{Security: y}, soon)
	if len(k.faults) != 1 {
		t.Errorf("check-config: got %q, want one fault", k.faults)
	}
}
