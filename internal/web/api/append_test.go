package api

import (
	"encoding/json"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// What is appended is what reflection would have written, also where the clock
// changes, where a day has no whole hours of offset, and where names need quoting.
func TestAppendedIsWhatReflectionWrites(t *testing.T) {
	calendars := []*agenda.Calendar{{ID: "a", Site: "haus"}, {ID: `b"<\u00e4>`, Site: "haus"}}
	for _, name := range []string{"Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for first := agenda.MakeDate(2026, time.March, 1); first < agenda.MakeDate(2027, time.March, 1); first++ {
			type day struct {
				Date  agenda.Date `json:"date"`
				Slots []slotView  `json:"slots"`
			}
			var days []day
			j := slotsJSON{zone: zone, tails: map[*agenda.Calendar][]tail{}, out: []byte("[")}
			for date := first; date < first+2; date++ {
				j.beginDay(date)
				d := day{Date: date, Slots: []slotView{}}
				midnight, _ := agenda.At(date, 0, zone)
				for i := range 27 { // some of them on the next day, which must not matter
					start, cal, modes := midnight.Add(time.Duration(i*55)*time.Minute), calendars[i%2], []string{"onsite", "phone"}[:1+i%3/2]
					j.slot(start.Unix(), cal, 10+i%2, modes, i)
					d.Slots = append(d.Slots, slotView{Start: start.Format(time.RFC3339), Calendar: cal.ID, Site: cal.Site, DurationMinutes: 10 + i%2, Modes: modes, Free: i})
				}
				j.endDay()
				days = append(days, d)
			}
			want, err := json.Marshal(days)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(append(j.out, ']')); got != string(want) {
				t.Fatalf("%s, %v: got\n%s\nwant\n%s", name, first, got, want)
			}
		}
	}
}
