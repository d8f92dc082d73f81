package booking

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Elsewhere is what is taken of a calendar's day by calendars elsewhere.
func (s *Span) Elsewhere(c *agenda.Calendar, date agenda.Date) []agenda.BusyTime {
	return s.days[store.PoolDay{Pool: c.PoolNumber, Date: date}].busy[c.ID]
}

// Crowded are the visits of a calendar's day that stand where calendars elsewhere leave
// too few seats for all: they stay booked, and somebody has to look at them.
func (s *Span) Crowded(c *agenda.Calendar, date agenda.Date) (list []Block) {
	busy := s.Elsewhere(c, date)
	if len(busy) == 0 {
		return nil
	}
	bare := slots.Compile(s.Setup, c, date)
	day := bare.Without(busy)
	blocks := s.Day(c, date, nil)
	used := map[agenda.Tick]int{}
	ticks := func(b *Block) (from, to agenda.Tick) {
		return agenda.TickAt(b.From, c.TickMinutes), agenda.TickAt(b.To.Add(-1), c.TickMinutes) + 1
	}
	for i := range blocks {
		for k, to := ticks(&blocks[i]); k < to; k++ {
			used[k]++
		}
	}
	for i := range blocks {
		b := &blocks[i]
		for k, to := ticks(b); k < to && b.Status != agenda.Held && b.Calendar == c; k++ {
			if left := day.Seats(k).Total; used[k] > left && left < bare.Seats(k).Total {
				list = append(list, *b)
				break
			}
		}
	}
	return list
}
