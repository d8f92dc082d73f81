package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

// A booking comes back as it went in, its instants to the second and in UTC.
func TestBookingRoundTrip(t *testing.T) {
	far := time.FixedZone("far", -9*3600-1800)
	instants := rapid.Custom(func(t *rapid.T) time.Time {
		seconds := rapid.Int64Range(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC).Unix()).Draw(t, "seconds")
		return time.Unix(seconds, rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).In(far)
	})
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		number := int64(0)
		few(t, 30, func(rt *rapid.T) {
			number++
			want := visit("a", number)
			want.Start = instants.Draw(rt, "start")
			want.End = want.Start.Add(time.Duration(rapid.IntRange(1, 600).Draw(rt, "minutes")) * time.Minute)
			want.Expires = rapid.SampledFrom([]time.Time{{}, instants.Draw(rt, "expires")}).Draw(rt, "whether")
			want.CancelBy, want.Since, want.Created, want.Changed = instants.Draw(rt, "cancelBy"), time.Time{}, instants.Draw(rt, "created"), instants.Draw(rt, "changed")
			want.Items = []agenda.Item{{Service: "rat", Quantity: 2, Answers: map[string]string{"q": "ä\x00😀'"}}}
			want.Sealed = rapid.SampledFrom([][]byte{nil, {0, 1, 255}}).Draw(rt, "sealed")
			want.Notify, want.Overbooked, want.Stranded = rapid.Bool().Draw(rt, "notify"), rapid.Bool().Draw(rt, "over"), rapid.Bool().Draw(rt, "stranded")
			want.Status, want.Awaits = agenda.Pending, rapid.SampledFrom([]string{agenda.ConfirmEmail, agenda.ConfirmStaff}).Draw(rt, "awaits")
			update(t, s, func(tx *Tx) error { return tx.AddBooking(want) })
			for _, at := range []*time.Time{&want.Start, &want.End, &want.Expires, &want.CancelBy, &want.Created, &want.Changed} {
				*at = at.UTC().Truncate(time.Second)
			}
			view(t, s, func(tx *Tx) error {
				got, err := tx.BookingByNumber(number)
				if err == nil && !reflect.DeepEqual(got, want) {
					rt.Fatalf("got\n%+v, want\n%+v", got, want)
				}
				return err
			})
		})
	})
}

func TestSaveBookingKnowsTheVersionBefore(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		update(t, s, func(tx *Tx) error { return tx.AddBooking(visit("a", 1)) })
		fast, slow := visit("a", 1), visit("a", 1)
		update(t, s, func(tx *Tx) error { return tx.SaveBooking(fast) })
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.SaveBooking(slow) }); !errors.Is(err, agenda.ErrConflict) {
			t.Errorf("got %v, want a conflict", err)
		}
		if fast.Version != 2 {
			t.Errorf("got version %d, want 2", fast.Version)
		}
	})
}

// Instants are compared as text; periods include their beginning alone.
func TestBookingsBetween(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		base := visit("a", 1).Start
		update(t, s, func(tx *Tx) error {
			for i := range 5 {
				b := visit("a", int64(5-i))
				b.Start = base.Add(time.Duration(i) * time.Hour)
				b.End = b.Start.Add(time.Minute)
				if err := tx.AddBooking(b); err != nil {
					return err
				}
			}
			return nil
		})
		for _, calendar := range []string{"", "stube"} {
			view(t, s, func(tx *Tx) error {
				list, err := tx.BookingsBetween("a", calendar, base.Add(time.Hour), base.Add(3*time.Hour))
				if len(list) != 2 || list[0].Number != 4 || list[1].Number != 3 {
					t.Errorf("calendar %q: got %d bookings", calendar, len(list))
				}
				return err
			})
		}
	})
}

// Many workers lease at once: each letter goes to one of them, and to another one
// only when the lease has run out.
func TestLease(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
		s, err := Open(t.Context(), url, Options{Clock: func(time.Time) time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		save(t, s, hamlet("a"))
		update(t, s, func(tx *Tx) error {
			for i := range 40 {
				p := Posting{Tenant: "a", Subject: fmt.Sprint("b", i), Kind: "k", Version: 1, MessageID: fmt.Sprint("m", i), Due: now}
				if i >= 30 {
					p.Due = now.Add(time.Second) // not yet
				}
				if err := errors.Join(tx.Post(p), tx.Post(p)); err != nil {
					return err
				}
			}
			return nil
		})
		leases := map[string]time.Time{}
		lease := func() (subjects []string) {
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for {
						var got []Posting
						update(t, s, func(tx *Tx) (err error) {
							got, err = tx.Lease(Lane{Tenant: "a"}, 3, now.Add(time.Minute))
							return err
						})
						if len(got) == 0 {
							return
						}
						mu.Lock()
						for _, p := range got {
							subjects, leases[p.Subject] = append(subjects, p.Subject), p.Lease
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			slices.Sort(subjects)
			return subjects
		}
		if got := lease(); len(got) != 30 || len(slices.Compact(got)) != 30 {
			t.Errorf("leased %d letters, want each of the 30 once: %v", len(got), got)
		}
		now = now.Add(59 * time.Second)
		if got := lease(); len(got) != 10 {
			t.Errorf("leased %d letters before the leases ran out, want the 10 that became due", len(got))
		}
		now = now.Add(time.Second)
		settle := func(p Posting) error {
			return s.Update(t.Context(), func(tx *Tx) error { return tx.Settle(p) })
		}
		if err := settle(Posting{Tenant: "a", Subject: "b0", Kind: "k", Version: 1, State: "sent", Attempts: 1}); err != nil {
			t.Error(err)
		}
		if err := settle(Posting{Tenant: "a", Subject: "b1", Kind: "k", Version: 1, State: "queued", Due: now.Add(time.Hour), Attempts: 1, Lease: leases["b1"]}); err != nil {
			t.Error(err)
		}
		// What was sent, and what another lease holds, is not put off: that changes nothing.
		for _, subject := range []string{"b0", "b2"} {
			if err := settle(Posting{Tenant: "a", Subject: subject, Kind: "k", Version: 1, State: "queued", Due: now.Add(time.Hour)}); err != nil {
				t.Error(err)
			}
		}
		if got := lease(); len(got) != 28 || slices.Contains(got, "b0") || slices.Contains(got, "b1") {
			t.Errorf("leased %d letters, want the 28 neither sent nor put off", len(got))
		}
	})
}

// 20 requests with one key at once: one is answered, all others fail and find its answer.
func TestAnswersAreGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		save(t, s, hamlet("b"))
		start := time.Date(2026, 7, 6, 6, 0, 0, 0, time.UTC)
		var wg sync.WaitGroup
		var firsts atomic.Int64
		for i := range 20 {
			wg.Go(func() {
				me := Answer{Request: "r", Booking: fmt.Sprint("b", i), Status: agenda.Confirmed, Start: start, End: start.Add(time.Minute)}
				err := s.Update(t.Context(), func(tx *Tx) error { return tx.Answer("a", "path", "key", me) })
				if err == nil {
					firsts.Add(1)
				} else if !errors.Is(err, agenda.ErrConflict) {
					t.Errorf("got %v, want a conflict", err)
				}
				view(t, s, func(tx *Tx) error {
					got, found, err := tx.Answered("a", "path", "key")
					if !found || got.Request != "r" || got.Status != agenda.Confirmed || !got.Start.Equal(start) {
						t.Errorf("got %+v, want the whole first answer", got)
					}
					return err
				})
			})
		}
		wg.Wait()
		if firsts.Load() != 1 {
			t.Errorf("%d were first", firsts.Load())
		}
		update(t, s, func(tx *Tx) error {
			for _, k := range [][3]string{{"b", "path", "key"}, {"a", "other", "key"}, {"a", "path", "KEY"}} {
				if err := tx.Answer(k[0], k[1], k[2], Answer{}); err != nil {
					t.Errorf("%v: got %v; want a key of its own", k, err)
				}
			}
			return nil
		})
	})
}

// What another booking has already is a conflict: whoever asks tries again with others.
func TestBookingsShareNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		first := visit("a", 1)
		first.ManageHash = "h"
		update(t, s, func(tx *Tx) error { return tx.AddBooking(first) })
		for what, change := range map[string]func(b *agenda.Booking){
			"the number": func(b *agenda.Booking) { b.Number = 1 }, "the reference": func(b *agenda.Booking) { b.Reference = "R1" },
			"the id": func(b *agenda.Booking) { b.ID = "b1" }, "the secret": func(b *agenda.Booking) { b.ManageHash = "h" },
		} {
			second := visit("a", 2)
			change(second)
			if err := s.Update(t.Context(), func(tx *Tx) error { return tx.AddBooking(second) }); !errors.Is(err, agenda.ErrConflict) {
				t.Errorf("%s: got %v, want a conflict", what, err)
			}
		}
	})
}

func TestSecretsOpenOneThing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		save(t, s, hamlet("b"))
		b := visit("a", 1)
		b.ManageHash = "h"
		update(t, s, func(tx *Tx) error { return errors.Join(tx.AddBooking(b), tx.AddBooking(visit("a", 2))) })
		view(t, s, func(tx *Tx) error {
			for _, wrong := range []struct {
				tenant, hash string
				purpose      Purpose
			}{{"b", "h", ForManage}, {"a", "H", ForManage}, {"a", "h", ForConfirm}, {"a", "h", ForHold}, {"a", "", ForManage}} {
				if got, err := tx.FindSecret(wrong.tenant, wrong.hash, wrong.purpose); !errors.Is(err, agenda.ErrNotFound) {
					t.Errorf("%+v opens %+v, %v", wrong, got, err)
				}
			}
			got, err := tx.FindSecret("a", "h", ForManage)
			if err == nil && got.ID != b.ID {
				t.Errorf("got %q, want %q", got.ID, b.ID)
			}
			return err
		})
	})
}
