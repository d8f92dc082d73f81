package slots

import "terminvergabe/internal/agenda"

// Supply is what a calendar's day has to give, whoever has booked it, for people who
// plan.
type Supply struct {
	Visits  int // starts of the raster, each times the seats that are there all through its slot
	Public  int // those of them that the public may have
	Minutes int // of seats
}

// Supply counts what the day has to give.
func (d *Day) Supply() (s Supply) {
	first := 0
	for _, b := range d.bands {
		s.Minutes += (int(b.to) - first) * int(b.total) * d.Calendar.TickMinutes
		first = int(b.to)
	}
	for at, minutes := range d.Raster() {
		from := d.tick(at)
		least := d.Seats(from)
		for k := from + 1; k < from+agenda.Tick(minutes/d.Calendar.TickMinutes); k++ {
			here := d.Seats(k)
			least.Total, least.Public = min(least.Total, here.Total), min(least.Public, here.Public)
		}
		s.Visits += least.Total
		s.Public += least.Public
	}
	return s
}

// Plus adds up what days have to give.
func (s Supply) Plus(o Supply) Supply {
	return Supply{s.Visits + o.Visits, s.Public + o.Public, s.Minutes + o.Minutes}
}
