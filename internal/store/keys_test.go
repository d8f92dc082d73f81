package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// What must never happen is forbidden by a key or a check, whatever the code does.
func TestKeysAndChecks(t *testing.T) {
	const claim = "INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires) VALUES "
	const letter = "INSERT INTO outbox (tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done) VALUES "
	tests := []struct{ what, text string }{
		{"a seat twice", claim + "(1, 5, 0, 1, 1, 0, 0), (1, 5, 0, 2, 1, 0, 0)"},
		{"a flag that is neither", claim + "(1, 5, 0, 1, 2, 0, 0)"},
		{"another such flag", claim + "(1, 5, 0, 1, 0, -1, 0)"},
		{"an unknown state", "UPDATE booking SET status = 'lost'"},
		{"pending for nobody", "UPDATE booking SET status = 'pending'"},
		{"confirmed and yet waiting", "UPDATE booking SET awaits = 'staff'"},
		{"waiting for somebody else", "UPDATE booking SET status = 'pending', awaits = 'mayor'"},
		{"an unknown channel", "UPDATE booking SET channel = 'fax'"},
		{"an end before the start", "UPDATE booking SET ends = starts"},
		{"no ticks", "UPDATE booking SET to_tick = from_tick"},
		{"version zero", "UPDATE booking SET version = 0"},
		{"a sequence below zero", "UPDATE booking SET sequence = -1"},
		{"one number twice", "UPDATE booking SET number = 3"},
		{"one reference twice", "UPDATE booking SET reference = 'R1' WHERE number = 2"},
		{"a booking nowhere", "UPDATE booking SET calendar = 'nowhere'"},
		{"a booking of nobody's tenant", "UPDATE booking SET tenant = 'nobody'"},
		{"a booking nobody can notify", "UPDATE booking SET notify = 3"},
		{"a calendar that goes though it is booked", "DELETE FROM calendar"},
		{"a pool that goes though it is booked", "DELETE FROM pool"},
		{"a half retired calendar", "UPDATE calendar SET retired = 2"},
		{"a half retired service", "UPDATE service SET retired = 2"},
		{"a half retired site", "UPDATE site SET retired = 2"},
		{"a half retired department", "UPDATE department SET retired = 2"},
		{"a service of no length", "UPDATE service SET minutes = 0"},
		{"a calendar of no department", "UPDATE calendar SET department = 'nobody'"},
		{"a calendar at no site", "UPDATE calendar SET site = 'nowhere'"},
		{"an offer of no service", "INSERT INTO offer (tenant, calendar, service, position, minutes) VALUES ('a', 'stube', 'nothing', 1, 0)"},
		{"an offer of less than no time", "UPDATE offer SET minutes = -1"},
		{"one pool twice", "INSERT INTO pool (number, tenant, id, tick_minutes) VALUES (7, 'a', 'stube', 5)"},
		{"a pool of endless ticks", "UPDATE pool SET tick_minutes = 61"},
		{"revision zero", "UPDATE tenant SET revision = 0"},
		{"one id twice", "UPDATE booking SET id = 'b1' WHERE number = 2"},
		{"one secret twice", "UPDATE booking SET manage_hash = 'h' WHERE number = 2"},
		{"one secret of a hold twice", "UPDATE booking SET hold_hash = 'h'"},
		{"one secret of a letter twice", "UPDATE booking SET confirm_hash = 'h'"},
		{"one letter twice", letter + "('a', 'b1', 'k', 1, 'm2', 'queued', '', '', 0, '', '', '')"},
		{"a letter in no state", letter + "('a', 'b1', 'k', 2, 'm2', 'lost', '', '', 0, '', '', '')"},
		{"a letter without a state", letter + "('a', 'b1', 'k', 2, 'm2', NULL, '', '', 0, '', '', '')"},
		{"an incident at no step", "INSERT INTO incident (tenant, id, step, version, ends, spec) VALUES ('a', 'n', 'lost', 1, '', '{}')"},
		{"a visit of no incident", "INSERT INTO incident_item (tenant, incident, booking, position, state, spec) VALUES ('a', 'none', 'b1', 1, 'left', '{}')"},
		{"a proposal of no incident", "INSERT INTO proposal (tenant, id, incident, booking, held, hash, state, version, expires, fallback, created) VALUES ('a', 'p', 'none', 'b1', 'b2', 'h', 'open', 1, '', 'call', '')"},
		{"two open proposals to one", "INSERT INTO proposal (tenant, id, incident, booking, held, hash, state, version, expires, fallback, created) VALUES ('a', 'p', 'n', 'b1', 'b2', 'h', 'open', 1, '', 'call', ''), ('a', 'q', 'n', 'b1', 'b2', 'i', 'open', 1, '', 'call', '')"},
		{"times of nothing", "INSERT INTO busy_time (tenant, calendar, date, source, times) VALUES ('a', 'stube', 1, 's', '')"},
		{"a calendar elsewhere for none here", "INSERT INTO busy_source (tenant, calendar, source, due, lease, tried, fetched, failing, fault, released, until, etag, modified, digest, entries, strange, floating) VALUES ('a', 'nowhere', 's', '', '', '', '', '', '', 0, 0, '', '', '', 0, 0, 0)"},
		{"a feed of nothing", "INSERT INTO feed (tenant, id, scope, target, detail, name, language, alarm, hash, created, expires, used, revoked, tag, changed) VALUES ('a', 'f', 'world', '', 'busy', '', '', 0, 'h', '', '', '', '', '', '')"},
		{"a link used more often than it may be", "INSERT INTO service_link (tenant, id, hash, services, calendars, person, note, uses, used, created, expires, revoked) VALUES ('a', 'l', 'h', '[]', '[]', 'p', '', 1, 2, '', '', '')"},
		{"a link for nothing", "INSERT INTO service_link (tenant, id, hash, services, calendars, person, note, uses, used, created, expires, revoked) VALUES ('a', 'l', 'h', '[]', '[]', 'p', '', 0, 0, '', '', '')"},
		{"a feed of gossip", "INSERT INTO feed (tenant, id, scope, target, detail, name, language, alarm, hash, created, expires, used, revoked, tag, changed) VALUES ('a', 'f', 'all', '', 'gossip', '', '', 0, 'h', '', '', '', '', '', '')"},
	}
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		update(t, s, func(tx *Tx) error {
			open := visit("a", 1)
			open.ManageHash = "h"
			return errors.Join(tx.AddBooking(open), tx.AddBooking(visit("a", 2)),
				tx.AddIncident(&agenda.Incident{Tenant: "a", ID: "n", Step: agenda.StepChoose, Version: 1}, nil),
				tx.Post(Posting{Tenant: "a", Subject: "b1", Kind: "k", Version: 1, MessageID: "m1"}))
		})
		for _, test := range tests {
			t.Run(strings.ReplaceAll(test.what, " ", "-"), func(t *testing.T) {
				err := s.Update(t.Context(), func(tx *Tx) error {
					if _, err := tx.exec(test.text); err != nil {
						return err
					}
					return errUndo
				})
				if err == nil || errors.Is(err, errUndo) {
					t.Errorf("%s is possible", test.what)
				} else if strings.Contains(err.Error(), "syntax") || strings.Contains(err.Error(), "no such") {
					t.Errorf("%s: %v", test.what, err)
				}
			})
		}
	})
}

var errUndo = errors.New("undo")

func TestClaims(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		long := visit("a", 1)
		long.To, long.End = long.From+30, long.Start.Add(150*time.Minute) // more ticks than one statement takes
		short := visit("a", 2)
		short.Expires, short.Overbooked, short.Channel = short.Start, true, agenda.Staff
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.AddBooking(long), tx.AddBooking(short), tx.Claim(long, nil))
		})
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Claim(short, nil) }); !errors.Is(err, agenda.ErrTaken) {
			t.Errorf("claims that nobody counted: got %v, want taken", err)
		}
		update(t, s, func(tx *Tx) error {
			taken, err := tx.Claims(1, long.From, long.To)
			if err != nil || len(taken) != 30 {
				t.Errorf("got %d claims, %v; want the 30 of the first", len(taken), err)
			}
			return tx.Claim(short, taken)
		})
		view(t, s, func(tx *Tx) error {
			got, err := tx.Claims(1, short.From, short.From+1)
			want := []agenda.Claim{{Tick: short.From, Booking: 1, Public: true}, {Tick: short.From, Seat: 1, Booking: 2, Overbooked: true, Expires: short.Expires}}
			if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
				t.Errorf("got %+v, want %+v", got, want)
			}
			return err
		})
		update(t, s, func(tx *Tx) error {
			short.Expires = time.Time{}
			err := errors.Join(tx.Keep(short), tx.Free(long), tx.Free(long))
			left, err2 := tx.Claims(1, long.From-100, long.To+100)
			if len(left) != 2 || left[0].Booking != 2 || !left[0].Expires.IsZero() {
				t.Errorf("left %+v, want the two of the second, for good", left)
			}
			return errors.Join(err, err2)
		})
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Keep(long) }); !errors.Is(err, agenda.ErrExpired) {
			t.Errorf("what was given back is kept: got %v, want expired", err)
		}
	})
}

// A claim that fails in its second statement leaves nothing of the first.
func TestClaimIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		late, long := visit("a", 1), visit("a", 2)
		late.From, late.To = late.From+20, late.To+20
		long.To = long.From + 30
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.AddBooking(late), tx.AddBooking(long), tx.Claim(late, nil))
		})
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Claim(long, nil) }); !errors.Is(err, agenda.ErrTaken) {
			t.Errorf("got %v, want taken", err)
		}
		view(t, s, func(tx *Tx) error {
			got, err := tx.Claims(1, long.From, long.To)
			if len(got) != 2 {
				t.Errorf("got %d claims, want the 2 of the one who was first", len(got))
			}
			return err
		})
	})
}
