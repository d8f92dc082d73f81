package store

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// explained asks SQLite how it would find the rows, for every statement on its way.
type explained struct {
	session
	t    *testing.T
	seen map[string]bool
}

// walks is a plan that reads a whole table of the book, or all that a tenant has there,
// under the table's name or the letter that queries give it.
var walks = regexp.MustCompile(`^(SCAN (barrier|booking|busy_source|busy_time|viewing|claim|day|delivery|task|undeliverable|outbox|hook|hook_post|journal|idempotency|figure|waiting|[a-z])\b|SEARCH .*\(tenant=\?\)$)`)

func (e *explained) explain(query string, args []any) {
	e.t.Helper()
	rows, err := e.session.query("EXPLAIN QUERY PLAN "+query, args)
	if err != nil {
		e.t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	e.seen[query] = true
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			e.t.Fatal(err)
		}
		queue := strings.Contains(step, "INDEX outbox_due") || strings.Contains(step, "INDEX hook_post_due") || strings.Contains(step, "INDEX booking_waiting") || strings.Contains(step, "INDEX proposal_open") || strings.Contains(step, "INDEX task_open") || strings.Contains(step, "INDEX busy_source_failing") // hold what waits, and nothing else
		queue = queue || strings.Contains(step, "autoindex_mail_pause")                                                                                                                                                                                                                                              // its key is the tenant
		last := strings.HasSuffix(query, "DESC LIMIT 1")
		if walks.MatchString(step) && !queue && !last {
			e.t.Errorf("%s: %s", step, query)
		}
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
}

func (e *explained) exec(query string, args []any) (int64, error) {
	e.explain(query, args)
	return e.session.exec(query, args)
}

func (e *explained) query(query string, args []any) (rows, error) {
	e.explain(query, args)
	return e.session.query(query, args)
}

func (e *explained) later(want int64, short error, query string, args []any) error {
	e.explain(query, args)
	return e.session.later(want, short, query, args)
}

// No query of an act, a page or a job reads a whole table of the book: what it costs
// does not grow with what is kept there.
func TestNothingWalksTheBook(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "book.db"))
	save(t, s, hamlet("a"))
	b, now := visit("a", 1), time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
	b.ManageHash, b.HoldHash, b.ConfirmHash, b.EmailHash, b.PhoneHash = "m", "h", "c", "e", "p"
	letter := Posting{Tenant: "a", Subject: b.ID, Kind: "k", Version: 1}
	e := &explained{t: t, seen: map[string]bool{}}
	update(t, s, func(tx *Tx) error {
		e.session, tx.on = tx.on, e
		list := func(_ any, err error) error { return err }
		two := func(_, _ any, err error) error { return err }
		gone := func(err error) error {
			if !errors.Is(err, agenda.ErrNotFound) { // it is over
				return errors.Join(err, errors.New("got a use of a link that is over"))
			}
			return nil
		}
		return errors.Join(
			tx.LockDays(PoolDay{1, b.Date}), tx.AddBooking(b), tx.Claim(b, nil), tx.Keep(b), tx.SaveBooking(b),
			list(tx.Claims(1, b.From, b.To)), list(tx.DayVersion(PoolDay{1, b.Date})),
			list(tx.Booking("a", b.ID)), list(tx.BookingByNumber(1)), list(tx.BookingByReference("a", b.Reference)),
			list(tx.FindSecret("a", "m", ForManage)), list(tx.FindSecret("a", "h", ForHold)), list(tx.FindSecret("a", "c", ForConfirm)),
			list(tx.BookingsBetween("a", "", now, now)), list(tx.Taking("a", 0, now, now)), list(tx.BookingsBetween("a", "stube", now, now)), list(tx.Unanswered("a", now)),
			list(tx.Ahead("a", now, now)), list(tx.Overdue(now, 9)), list(tx.Past("a", now, 9)), list(tx.Bare("a", now, 9)), list(tx.Unfinished("a", now, 9)),
			two(tx.Standing(b, now)), list(tx.ToCome(b, now)), list(tx.CountLetters(b, "k", now)), list(tx.Asked(b, "k")),
			tx.Post(letter), list(tx.Lanes()), list(tx.Lease(Lane{Tenant: "a"}, 9, now)), e.queue(tx, now), list(tx.Postings("a", b.ID)), list(tx.Queued()),
			tx.Settle(Posting{Tenant: "a", Subject: b.ID, Kind: "k", Version: 1, State: "sent"}), tx.ForgetPostings(now),
			tx.Log(Entry{Tenant: "a", Act: "book", Subject: b.ID}, nil), list(tx.Journal("a", b.ID)), tx.ForgetJournal("a", now),
			tx.Answer("a", "p", "k", Answer{}), two(tx.Answered("a", "p", "k")), tx.ForgetAnswers(now),
			tx.AddFigures("a", []Figure{{Date: b.Date, Name: "booked", Amount: 1}}), list(tx.MarkDay("a", b.Date, "m")), two(tx.MarkedDays("a", b.Date, "m")),
			tx.EachFigure("a", b.Date, b.Date, func(Figure) error { return nil }), tx.ForgetFigures("a", b.Date), list(tx.CancelledByVisitor(b)), list(tx.OldestVisit("a")),
			tx.EachCertain("a", now, now, func(*Certain) error { return nil }), tx.AddWaiting("a", []Waiting{{Site: "s"}}), tx.EachWaiting("a", b.Date, b.Date, func(Waiting) {}),
			list(tx.ActsBetween("a", now, now)), list(tx.BookingsNamed("a", []string{b.ID})),
			list(tx.JournalPage(JournalQuery{Tenant: "a", Limit: 9})), list(tx.JournalPage(JournalQuery{Tenant: "a", Actor: "x", Act: "y", Limit: 9})),
			list(tx.JournalPage(JournalQuery{Tenant: "a", Subject: b.ID, Limit: 9})), list(tx.JournalPage(JournalQuery{Tenant: "a", Calendars: []string{"stube"}, Limit: 9})),
			e.incidents(tx, b, now), e.busy(tx, b, now), e.viewings(tx, b, now), e.erasures(tx, b, now),
			tx.AddServiceLink(&agenda.ServiceLink{Tenant: "a", ID: "l", Services: []string{"s"}, Person: "p", Uses: 2}, "l"), list(tx.ServiceLinkByHash("a", "l")),
			list(tx.ServiceLinksOf("a", "p", now)), gone(tx.UseServiceLink("a", "l", now)), tx.RevokeServiceLink("a", "p", "l", now), tx.ForgetServiceLinks(now),
			e.visits(tx, b, now), e.feeds(tx, b, now), e.proofs(tx, now), e.addresses(tx, b, now), e.deliveries(tx, b, now), e.hooks(tx, b, now),
			tx.AddBarrier(Barrier{Tenant: "a", ID: "b", Created: now}), list(tx.Barrier("a", "b")), list(tx.CountBarriers("a", now)), tx.EmptyBarrier("a", "b"), tx.ForgetBarriers("a", now),
			tx.DeleteBooking(b))
	})
	if len(e.seen) < 49 {
		t.Errorf("only %d statements were looked at", len(e.seen))
	}
}

// erasures are the statements about wishes to be forgotten.
func (e *explained) erasures(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	return errors.Join(tx.WishErasure(Erasure{Tenant: "a", Booking: b.ID, At: now}), list(tx.Erasures(9)), list(tx.ErasureOf("a", b.ID)), list(tx.Untold("a", b.ID)), tx.DropErasure("a", b.ID))
}

// viewings are the statements about who looked.
func (e *explained) viewings(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	return errors.Join(tx.AddViewing(Viewing{Tenant: "a", At: now, Way: "page", Booking: b.ID, Visits: 1}),
		list(tx.Viewings(ViewingQuery{Tenant: "a", From: now, To: now, Person: "p", Day: 1, Calendars: []string{"stube"}, Limit: 9})),
		list(tx.ViewingsOf(ViewingQuery{Tenant: "a", From: now, To: now, Limit: 9}, b.ID, []Place{{"stube", b.Date}})), tx.ForgetViewings("a", now))
}

// queue are the statements about what waits to be sent.
func (e *explained) queue(tx *Tx, now time.Time) error {
	list := func(_ any, err error) error { return err }
	return errors.Join(list(tx.PauseMail(Pause{Tenant: "a", Since: now})), list(tx.Pauses()), list(tx.MailPaused("a")), tx.ResumeMail("a"),
		tx.EachQueued("", func(Posting) {}), tx.EachQueued("a", func(Posting) {}), list(tx.OldestQueued()), list(tx.Copied()), tx.ForgetCopied(), tx.PutRight(time.Minute, time.Hour),
		list(tx.HookLanes()), list(tx.LeaseHooks(HookLane{"a", "h"}, "", 9, now)))
}

// visits are the statements that look for visits and take acts on them back.
func (e *explained) visits(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	later, before := now.Add(time.Hour), now.Add(-time.Hour)
	if _, err := tx.SessionEnds("s"); !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	return errors.Join(tx.Withdraw("a", b.ID, 1, 0, "r"), list(tx.ByAddress("a", "e", "", now, later, 9)), list(tx.ByAddress("a", "", "p", now, later, 9)),
		list(tx.Near("a", "", now, later, 9)), list(tx.Near("a", "", now, before, 9)), list(tx.Near("a", "stube", now, later, 9)), list(tx.Near("a", "stube", now, before, 9)))
}

// hooks are the statements about what other systems are told.
func (e *explained) hooks(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	two := func(_, _ any, err error) error { return err }
	p := HookPost{Tenant: "a", Hook: "w", Subject: b.ID, Version: 1, Event: agenda.EventMoved, ID: "msg_a", Due: now}
	test := HookPost{Tenant: "a", Hook: "w", Subject: "test/a", Event: "test", ID: "msg_b", Due: now.Add(time.Hour)}
	done := p
	done.State = "sent"
	return errors.Join(tx.PostHook(p), tx.PostHook(test), list(tx.HookLanes()), list(tx.LeaseHooks(HookLane{Tenant: "a", Hook: "w"}, "", 9, now.Add(time.Minute))), tx.SettleHook(done), list(tx.HookPostByID("a", "w", "msg_a")),
		list(tx.HookLog("a", "w", 9)), list(tx.HookPosts("a", b.ID)), list(tx.CountMessages(b, now)), list(tx.HookTests("a", "w", now)), two(tx.HookTrouble("a", "w", now)),
		tx.QueuedHooks("", now, now, now, func(string, string, int, int, int, time.Time) {}), tx.QueuedHooks("a", now, now, now, func(string, string, int, int, int, time.Time) {}),
		list(tx.HookQueue("a", "w")), list(tx.DropHooks("a", Pause{Copied: now, Since: now}, "r")), tx.RequeueHook("a", "w", "r"), tx.ForgetHookTests("a", now), tx.SaveHook(Hook{Tenant: "a", ID: "w", Generation: 1}), list(tx.Hook("a", "w")), tx.ForgetHook("a", "w"))
}

// feeds are the statements about calendars to subscribe to.
func (e *explained) feeds(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	f := Feed{Tenant: "a", ID: "f", Scope: "visits", Detail: "service"}
	each := func(*Shown) {}
	return errors.Join(tx.AddFeed(f, "x"), list(tx.FeedByHash("x")), list(tx.FeedsFor("a", "clerk", "p")), tx.TouchFeed("a", "f", now), list(tx.TagFeed("a", "f", "t")),
		tx.AddFeedVisit("a", "f", b.ID), list(tx.FeedsOfVisit("a", b.ID)), list(tx.FeedVisits("a", "f")), tx.RevokeFeed("a", "f"),
		tx.Shown("a", nil, now, now, true, each), tx.Shown("a", []string{"stube"}, now, now, false, each), list(tx.DaySums(b.Date, []int64{1, 2, 3})))
}

// proofs are the statements about proofs of work and codes.
func (e *explained) proofs(tx *Tx, now time.Time) error {
	list := func(_ any, err error) error { return err }
	return errors.Join(tx.SpendProof("a", "n", now), tx.AddProofCode(ProofCode{Tenant: "a", ID: "c", EmailHash: "e", Sealed: []byte{1}}),
		list(tx.ProofCode("a", "c")), list(tx.CountProofCodes("a", "e", now)), list(tx.CountAllProofCodes("a", now)), list(tx.TryProofCode("a", "c", 5)), tx.GivePass("a", "c", "p", now.Add(time.Hour)),
		tx.SpendPass("a", "p", 5, now), tx.ForgetProofs(now),
		list(tx.SignInTries("w")), tx.SaveSignInTries("w", now), tx.ForgetSignInTries(now))
}

// addresses are the statements about new addresses of visits.
func (e *explained) addresses(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	a := NewAddress{Tenant: "a", Booking: b.ID, Version: 1, Hash: "n", Expires: now.Add(time.Hour), Sealed: []byte("s")}
	return errors.Join(tx.AddNewAddress(a), list(tx.NewAddress("a", b.ID, 1)), list(tx.NewAddressByHash("a", "n")), list(tx.OpenNewAddress("a", b.ID, now)), tx.UseNewAddress(a),
		tx.AddStrayLetters("a", "e", b.ID, 1), tx.AddStrayLetters("a", "e", b.ID, 2), list(tx.StrayLetters("a", "e", now)), tx.ForgetNewAddresses(now), tx.ForgetStrayLetters(now))
}

// deliveries are the statements about what became of letters.
func (e *explained) deliveries(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	p := Posting{Tenant: "a", Subject: b.ID, Kind: "told", Version: 1, MessageID: "m", Due: now}
	left := p
	left.State, left.Said = "sent", Said{What: Accepted, Code: 250}
	_, _, err := tx.Sent("nobody")
	if !errors.Is(err, agenda.ErrNotFound) {
		return errors.Join(err, errors.New("got a letter that never left"))
	}
	err = errors.Join(tx.Post(p), tx.Settle(left), list(tx.Life("a", b.ID)), tx.Return(p, "bounced"))
	if _, _, sent := tx.Sent("m"); sent != nil {
		return sent
	}
	p.State = "failed"
	return errors.Join(err, tx.Requeue(p), tx.AddTask(Task{Tenant: "a", Booking: b.ID, MessageID: "m"}), list(tx.OpenTasks("a")), list(tx.TasksOf("a", b.ID)), tx.FinishTasks("a", b.ID, "p", 1),
		tx.MarkUndeliverable("a", "e", "5.1.1"), list(tx.Undeliverable("a", "e")), tx.Deliverable("a", "e"), tx.ForgetDeliveries("a", now, now),
		list(tx.LettersDone(LetterQuery{Tenant: "a", Kind: "reminder-", Calendars: []string{"stube"}, Others: true, KeptBack: "r", Limit: 9}, []string{"failed"})),
		list(tx.LettersDone(LetterQuery{Tenant: "a", To: now, After: now, AfterID: "m", Limit: 9}, []string{"sent"})),
		list(tx.LettersWaiting(LetterQuery{Tenant: "a", Calendars: []string{"stube"}, Limit: 9})), list(tx.LettersWaiting(LetterQuery{Tenant: "a", Tried: true, After: now, AfterID: "m", Limit: 9})),
		tx.AddToMailbox(Mailbox{Name: "m", UID: 1}), list(tx.Mailbox("m")))
}

// incidents are the statements about what keeps visits from taking place.
func (e *explained) incidents(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	n := &agenda.Incident{Tenant: "a", ID: "n", Step: agenda.StepChoose, Version: 1}
	it := &agenda.IncidentItem{Tenant: "a", Incident: "n", Booking: b.ID, State: agenda.ItemChosen}
	p := &agenda.Proposal{Tenant: "a", ID: "p", Incident: "n", Booking: b.ID, Held: b.ID, Hash: "x", State: agenda.ProposalOpen, Fallback: agenda.FallbackCall}
	return errors.Join(tx.AddIncident(n, nil), tx.SaveIncident(n, nil), list(tx.Incident("a", "n")), list(tx.Incidents("a", 9)), list(tx.WorkingIncidents()), list(tx.PastIncidents("a", now)),
		tx.ReplaceItems("a", "n", []*agenda.IncidentItem{it}), tx.SaveItem(it, agenda.ItemChosen), list(tx.Items("a", "n")), list(tx.Item("a", "n", b.ID)), list(tx.ItemsOf("a", b.ID)),
		tx.AddProposal(p), list(tx.Proposal("a", "p")), list(tx.OpenProposal("a", b.ID)), list(tx.ProposalByHash("a", "x")), list(tx.StaleProposals(now, 9)), tx.EndProposal(p, agenda.ProposalAccepted),
		tx.Hasten("a", b.ID, 1), tx.DropIncident("a", "n"))
}

// busy are the statements on calendars elsewhere.
func (e *explained) busy(tx *Tx, b *agenda.Booking, now time.Time) error {
	list := func(_ any, err error) error { return err }
	k := BusyKey{"a", "stube", "outlook"}
	c := &agenda.Calendar{ID: "stube", Busy: []agenda.BusySource{{ID: "outlook", Seats: 1}}}
	state := BusyState{BusyKey: k, Lease: now.Add(time.Minute), Due: now}
	return errors.Join(tx.BeginBusy(k, now), list(tx.BusyDue(now, 9)), list(tx.LeaseBusy(k, now, state.Lease)), tx.SaveBusy(state), list(tx.BusyState(k)),
		list(tx.BusyStates("a", "stube")), list(tx.BusyFailing("a")), tx.SetBusyDay(k, b.Date, "2026-07-06T08:00:00Z/2026-07-06T09:00:00Z"),
		list(tx.BusyTimes("a", c, b.Date, b.Date+1)), list(tx.BusyDays(k)), tx.SetBusyDay(k, b.Date, ""), tx.EndBusy(k))
}
