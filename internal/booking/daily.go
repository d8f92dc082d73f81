package booking

import (
	"context"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// DailyLists posts today's list of every calendar that wants one, once its time of
// day has come: where the calendar is open today or has visits. since is when
// DailyLists was last called: only moments after it are looked at; the zero time
// means all of today, as after downtime. Days that have passed are not made up for.
func (d *Desk) DailyLists(ctx context.Context, since time.Time) error {
	type list struct {
		tenant, calendar string
		date             agenda.Date
	}
	var lists []list
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		lists = nil
		now, err := tx.Now()
		if err != nil {
			return err
		}
		tenants, err := tx.Tenants()
		if err != nil {
			return err
		}
		for _, t := range tenants {
			s, err := tx.Setup(t)
			if err != nil {
				return err
			}
			today := agenda.DateOf(now.In(s.Zone()))
			for i := range s.Calendars {
				c := &s.Calendars[i]
				if at, ok := listTime(c, today, s.Zone()); !ok || at.After(now) || !at.After(since) {
					continue
				}
				worth, err := worthAList(tx, s, c, today)
				if err != nil {
					return err
				}
				if worth {
					lists = append(lists, list{t, c.ID, today})
				}
			}
		}
		return nil
	})
	if err != nil || len(lists) == 0 {
		return err
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		for _, l := range lists {
			if err := postDailyList(tx, l.tenant, l.calendar, l.date); err != nil {
				return err
			}
		}
		return nil
	})
}

// listTime is when a calendar's list of a day is due. A time that the clock skips
// that day means the end of the gap, one that comes twice its first occurrence.
func listTime(c *agenda.Calendar, date agenda.Date, zone *time.Location) (time.Time, bool) {
	m, err := agenda.ParseMinute(c.StaffMail.DailyList)
	if err != nil || c.StaffMail.To == "" {
		return time.Time{}, false // none is wanted
	}
	at, _ := agenda.At(date, m, zone)
	return at, true
}

func worthAList(tx *store.Tx, s *agenda.Setup, c *agenda.Calendar, date agenda.Date) (bool, error) {
	if slots.Compile(s, c, date).Open() {
		return true, nil
	}
	from, _ := agenda.At(date, 0, s.Zone())
	to, _ := agenda.At(date+1, 0, s.Zone())
	list, err := tx.BookingsBetween(s.Tenant.ID, c.ID, from, to)
	for _, b := range list {
		if b.Status.Live() && b.Status != agenda.Held {
			return true, err
		}
	}
	return false, err
}
