package booking_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// child names the file that a copy of this test program books in until it is killed.
const child = "TERMINVERGABE_TEST_BOOKS_IN"

// A process that books is killed at random moments: every booking it has answered
// is there afterwards, with its letter and all its seats, and the book is whole.
func TestKilledWhileBooking(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	s := desktest.Musterstadt()
	s.Calendars[0].SlotTemplates[0].Seats = agenda.Seats{Total: 200, Public: 200}
	func() {
		d := openDesk(t, file)
		defer closeDesk(t, d)
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
	}()
	answered := map[string]bool{}
	for round := range 4 {
		for _, ref := range bookUntilKilled(t, file) {
			answered[ref] = true
		}
		d := openDesk(t, file)
		for ref := range answered {
			checkBooked(t, d, ref)
		}
		broken, err := d.Verify(t.Context(), nil)
		if err != nil || len(broken) > 0 {
			t.Errorf("round %d: %v, %v", round, broken, err)
		}
		closeDesk(t, d)
	}
	if len(answered) < 20 {
		t.Errorf("only %d bookings were answered", len(answered))
	}
}

// bookUntilKilled gives the references that a child has printed before its end.
func bookUntilKilled(t *testing.T, file string) (refs []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	enough := 5 + rand.IntN(30) // counted, not timed: a slow machine books less
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that was cut off has not been answered
		}
		refs = append(refs, strings.TrimSpace(line))
		if len(refs) == enough {
			time.AfterFunc(time.Duration(rand.IntN(5000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return refs
}

func checkBooked(t *testing.T, d *booking.Desk, ref string) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		b, err := tx.BookingByReference(town, ref)
		if err != nil {
			return err
		}
		letters, err := tx.Postings(town, b.ID)
		if err != nil {
			return err
		}
		entries, err := tx.Journal(town, b.ID)
		if err != nil {
			return err
		}
		claims, err := tx.Claims(b.Pool, b.From, b.To)
		mine := 0
		for _, c := range claims {
			if c.Booking == b.Number {
				mine++
			}
		}
		if b.Status != agenda.Confirmed || len(letters) != 2 || len(entries) != 1 || mine != int(b.To-b.From) {
			t.Errorf("%s is %s with %d letters, %d entries and %d seats", ref, b.Status, len(letters), len(entries), mine)
		}
		return err
	})
	if err != nil {
		t.Errorf("%s was answered: %v", ref, err)
	}
}

func openDesk(t *testing.T, file string) *booking.Desk {
	t.Helper()
	d, err := deskOn(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func closeDesk(t *testing.T, d *booking.Desk) {
	t.Helper()
	if err := d.Store.Close(); err != nil {
		t.Error(err)
	}
}

func deskOn(ctx context.Context, file string) (*booking.Desk, error) {
	s, err := store.Open(ctx, file, store.Options{Clock: func(time.Time) time.Time { return desktest.Start }})
	if err != nil {
		return nil, err
	}
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	return &booking.Desk{Store: s, Keys: keys}, err
}

// bookForever is the child: three visitors at a time, a reference for each answer.
func bookForever(file string) {
	ctx := context.Background()
	d, err := deskOn(ctx, file)
	if err != nil {
		panic(err)
	}
	said := make(chan string)
	for i := range 3 {
		go func() {
			for n := i; ; n += 3 {
				at := desktest.At(1+n%4, fmt.Sprintf("%02d:%d0", 8+n/24%4, n%6))
				r, err := d.BookNow(ctx, ask("buergerbuero", at, "ausweis"), form(), booking.Once{})
				if err != nil {
					panic(err)
				}
				said <- r.Booking.Reference
			}
		}()
	}
	for ref := range said {
		fmt.Println(ref)
	}
}
