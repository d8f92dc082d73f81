// Package abuse attacks the built program from outside: each case of the catalogue is a
// request that has to be refused or to be harmless, sent to `terminvergabe serve` on
// SQLite and on PostgreSQL. It refuses to call what it attacks: it speaks HTTP, mail and
// the command line, and only looks into the database to see that nothing has changed.
//
// How to write a case. A section (a letter of the catalogue) is a test function; it opens
// the fixture once per engine, which all its cases share, and names them:
//
//	func TestA(t *testing.T) {
//		t.Parallel()
//		s := Open(t)
//		s.Case("A1", "a link with one character flipped", flippedLink)
//	}
//
//	func flippedLink(c *C) {
//		b := c.Book("k1", "s1")                                  // a visit of this case alone
//		known := c.Refused(404, func() *Answer { return c.Get(b.Manage + "x") })
//		random := c.Refused(404, func() *Answer { return c.Get("/t1/m/" + secret()) })
//		c.Same(known, random)                                    // nobody can tell them apart
//	}
//
// The fixture (fixture_test.go) is two towns, t1 and t2, on Monday, 1 March 2027, 09:00 in
// Berlin, when nothing but the fixture's bookings X, Y (t1, departments o1 and o2) and Z
// (t2) is there: c.X(), c.Y(), c.Z(). Calendars of t1: k1 (o1, one seat, booked at once),
// k2 (o2, the same), wide (o1, five seats, three of them public), mail (o1, confirmed by
// mail), desk (o1, approved by staff); of t2: z1. Services s1 (20 minutes, up to 3) and s2
// (60 minutes). Cases share it, so each takes starts that no other has, c.Slot("k1"), or
// books with c.Book, and leaves set-up, accounts and clock alone. What needs its own
// configuration, clock, restart or set-up starts its own installation, a copy of the
// fixture that takes a third of a second: own := c.Own(Setting{...}); own is a C too, with
// own.Clock("+26h"), own.Stop(), own.Start(), own.CLI("apply", ...), own.Replica().
//
// Who asks: c itself is a visitor without cookies, from a network address of this case's
// own (limits count per address; c.From gives another one). c.As("t1.clerk.o1") is signed in
// staff (the session is shared: c.SignIn makes a new one), c.Token("t1.admin") an API
// token, c.Feed("k1.busy") the path of a feed. Get, Form, JSON, Do and Raw send; Form and
// JSON send what a browser or program of our own would. No redirect is followed. c.Race
// sends at the same moment.
//
// What a case proves: c.Refused(status, f) that the last answer of f had that status and
// that no row of any table is other than before (sign in before it, not in it). c.Harmless(how)
// says what became of an attack that is no refusal. One of the two is needed. c.Same(a, b)
// compares answers. Everything else is Errorf and Fatalf of testing.T.
//
// Checked of itself, after each case: no answer of 5xx, without the security headers,
// with a stack trace, SQL or a path of the server (c.MayAnswer(503) allows one). Names,
// addresses and secrets are canaries, words that exist once: none in an answer to somebody
// who may not see it (staff sees the bookings of their department; what somebody sends may
// come back to them; else c.MayShow(visitor)), none in log, metrics and feeds. No seat is
// given twice, none beyond capacity. Nobody contacts c.Trap(). Letters: one to whoever
// books with c.Book, and those that c.Expect(address, n) names; others fail the section at
// its end, when every letter has left; c.Mail(address, n) waits for them (before the next
// act on a visit: a letter that has not left by then may be left out).
//
// A table of all cases and how each was refused is written to the file that
// TERMINVERGABE_ABUSE_TABLE names. Start reading at Section.Case, then client_test.go.
package abuse
