package booking_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// carrier names the file that a copy of this test program carries an incident out in
// until it is killed.
const carrier = "TERMINVERGABE_TEST_CARRIES_OUT_IN"

// A process that carries an incident out is killed again and again: whoever goes on does
// nothing twice, every visit is dealt with in the end, and the book is whole.
func TestKilledWhileCarryingOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	var n *agenda.Incident
	var visits []booking.Receipt
	func() {
		d := openDesk(t, file)
		defer closeDesk(t, d)
		if _, err := d.Apply(t.Context(), desktest.Musterstadt(), booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		k := kit{t, d, nil}
		visits = k.morning(30)
		n = k.begin(ill(agenda.CloseAll))
		k.decide(n, agenda.ActPropose, nil)
	}()
	for range 3 {
		carryUntilKilled(t, file)
	}
	d := openDesk(t, file)
	defer closeDesk(t, d)
	k := kit{t, d, nil}
	k.carryOut(n)
	k.tallies(n, "done: 30 done")
	for i, v := range visits {
		if got := k.told(v.Booking); i%10 != 9 && (len(got) != 1 || got[0].Kind != booking.KindProposal) {
			t.Errorf("visit %d: got %v, want one letter", i, got)
		}
	}
	k.verify()
}

// carryUntilKilled lets a child deal with some visits and then kills it.
func carryUntilKilled(t *testing.T, file string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), carrier+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines, done := bufio.NewScanner(out), 0; done < 5 && lines.Scan(); {
		done++
	}
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

// carryOutSlowly is the child: a line for each visit, and no end.
func carryOutSlowly(file string) {
	ctx := context.Background()
	d, err := deskOn(ctx, file)
	if err != nil {
		panic(err)
	}
	list, err := d.Incidents(ctx, lead())
	if err != nil {
		panic(err)
	}
	for {
		if err := d.CarryOut(ctx, town, list[0].ID, 1); err != nil {
			panic(err)
		}
		fmt.Println("one more")
	}
}
