package api

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// A start is written as the clock of the office shows it, also where the clock
// changes, where a day has no whole hours of offset, and past midnight.
func TestStartsAreWrittenAsTheClockShowsThem(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		j := slotsJSON{zone: zone}
		for date := agenda.MakeDate(2026, time.March, 1); date < agenda.MakeDate(2027, time.March, 1); date++ {
			j.beginDay(date)
			midnight, _ := agenda.At(date, 0, zone)
			for i := -1; i < 27; i++ {
				start := midnight.Add(time.Duration(i*55) * time.Minute)
				j.out = nil
				j.start(start.Unix())
				if got, want := string(j.out), start.Format(time.RFC3339); got != want {
					t.Errorf("%s: got %s, want %s", name, got, want)
				}
			}
			j.endDay()
		}
	}
}
