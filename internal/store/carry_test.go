package store

import (
	"errors"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// firstBook is what version 1 has of a hamlet with a hold, a request that waits for
// its visitor and a confirmed visit.
const firstBook = `
INSERT INTO tenant (id, revision, changed, spec) VALUES ('a', 1, '2026-07-01T00:00:00Z', '{}');
INSERT INTO department (tenant, id, position, retired, spec) VALUES ('a', 'amt', 0, 0, '{}');
INSERT INTO site (tenant, id, position, retired, spec) VALUES ('a', 'haus', 0, 0, '{}');
INSERT INTO pool (number, tenant, id, tick_minutes) VALUES (1, 'a', 'stube', 5);
INSERT INTO calendar (tenant, id, position, retired, department, site, pool, spec) VALUES ('a', 'stube', 0, 0, 'amt', 'haus', 1, '{}');
INSERT INTO day (pool, date, version) VALUES (1, 20640, 7);
INSERT INTO booking (tenant, id, number, reference, uid, status, awaits, channel, calendar, pool, date, items, mode, starts, ends, from_tick, to_tick, tick,
	expires, cancel_by, language, notify, sequence, version, overbooked, stranded, created, changed, since, sealed, email_hash, phone_hash) VALUES
	('a', 'b1', 11, 'R1', 'one', 'held', '', 'public', 'stube', 1, 20640, '[]', 'onsite', '2026-07-06T06:00:00Z', '2026-07-06T06:10:00Z', 100, 102, 5,
	 '2026-07-05T00:00:00Z', '', 'de', 0, 0, 1, 0, 0, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z', '', NULL, '', ''),
	('a', 'b2', 12, 'R2', 'two', 'pending', 'email', 'public', 'stube', 1, 20640, '[]', 'onsite', '2026-07-06T07:00:00Z', '2026-07-06T07:10:00Z', 112, 114, 5,
	 '2026-07-05T00:00:00Z', '', 'de', 1, 0, 2, 0, 0, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z', '', CAST('x' AS BYTEA), 'e', 'p'),
	('a', 'b3', 13, 'R3', 'three', 'confirmed', '', 'staff', 'stube', 1, 20640, '[]', 'onsite', '2026-07-06T08:00:00Z', '2026-07-06T08:10:00Z', 124, 126, 5,
	 '', '', 'en', 1, 2, 5, 1, 0, '2026-07-01T00:00:00Z', '2026-07-02T00:00:00Z', '2026-07-02T00:00:00Z', CAST('y' AS BYTEA), '', '');
INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires) VALUES
	(1, 100, 0, 11, 1, 0, 99), (1, 101, 0, 11, 1, 0, 99), (1, 112, 0, 12, 1, 0, 99), (1, 113, 0, 12, 1, 0, 99), (1, 124, 3, 13, 0, 1, 0), (1, 125, 3, 13, 0, 1, 0);
INSERT INTO secret (hash, tenant, booking, purpose) VALUES ('h1', 'a', 'b1', 'hold'), ('m2', 'a', 'b2', 'manage'), ('c2', 'a', 'b2', 'confirm'), ('m3', 'a', 'b3', 'manage');
INSERT INTO outbox (tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done) VALUES
	('a', 'b3', 'confirmed', 5, 'M', 'queued', '2026-07-02T00:00:00Z', '', 1, 'no answer', '2026-07-02T00:00:00Z', '');
INSERT INTO journal (tenant, id, at, act, subject, actor, detail) VALUES
	('a', '18be000000000001AAAAAAAAAA', '2026-07-01T00:00:00Z', 'book', 'b3', 'visitor', '{}'), ('a', '18be000000000002AAAAAAAAAA', '2026-07-02T00:00:00Z', 'move', 'b3', 'visitor', '{}');
INSERT INTO feed (tenant, id, scope, target, detail, hash, created, used, revoked) VALUES
	('a', 'f1', 'calendar', 'stube', 'busy', 'fh1', '2026-07-01T00:00:00Z', '', ''), ('a', 'f2', 'all', '', 'full', 'fh2', '2026-07-01T00:00:00Z', '2026-07-02T00:00:00Z', '2026-07-03T00:00:00Z');
INSERT INTO idempotency (tenant, path, key, request, booking, status, starts, ends, created) VALUES
	('a', 'p', 'k', 'r', 'b3', 'confirmed', '2026-07-06T08:00:00Z', '2026-07-06T08:10:00Z', '2026-07-01T00:00:00Z');
`

// A book that version 1 has written is the same book afterwards.
func TestMigrationsCarryTheBook(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		s := bare(t, url)
		runFirst(t, s, firstSteps(t))
		update(t, s, func(tx *Tx) error {
			for _, stmt := range statements(firstBook) {
				if s.words.forShare == "" {
					stmt = strings.ReplaceAll(stmt, "AS BYTEA", "AS BLOB")
				}
				if _, err := tx.exec(stmt); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.migrate(t.Context(), Options{}); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx *Tx) error {
			for _, opens := range []struct {
				hash, id string
				purpose  Purpose
			}{{"h1", "b1", ForHold}, {"m2", "b2", ForManage}, {"c2", "b2", ForConfirm}, {"m3", "b3", ForManage}} {
				if b, err := tx.FindSecret("a", opens.hash, opens.purpose); err != nil || b.ID != opens.id {
					t.Errorf("%s: got %+v, %v; want booking %s", opens.hash, b, err, opens.id)
				}
			}
			b, err := tx.BookingByNumber(13)
			if err != nil || b.UID != "three" || b.Sequence != 2 || b.Version != 5 || string(b.Sealed) != "y" || b.Language != "en" || !b.Overbooked || b.HoldHash != "" || b.ConfirmHash != "" {
				t.Errorf("got %+v, %v", b, err)
			}
			claims, err := tx.Claims(1, 0, 1000)
			if err != nil || len(claims) != 6 || claims[5] != (agenda.Claim{Tick: 125, Seat: 3, Booking: 13, Overbooked: true}) {
				t.Errorf("got %+v, %v; want the six claims", claims, err)
			}
			v, err := tx.DayVersion(PoolDay{1, 20640})
			letters, err2 := tx.Postings("a", "b3")
			entries, err3 := tx.Journal("a", "b3")
			_, answered, err4 := tx.Answered("a", "p", "k")
			if v != 7 || len(letters) != 1 || letters[0].MessageID != "M" || len(entries) != 2 || entries[1].Act != "move" || !answered {
				t.Errorf("got day version %d, letters %+v, entries %+v, answered %v", v, letters, entries, answered)
			}
			f, err5 := tx.FeedByHash("fh1")
			if _, gone := tx.FeedByHash("fh2"); f.ID != "f1" || f.Target != "stube" || !f.Expires.IsZero() || !errors.Is(gone, agenda.ErrNotFound) {
				t.Errorf("got the feed %+v, %v, the one that was revoked: %v", f, err5, gone)
			}
			return errors.Join(err, err2, err3, err4, err5)
		})
	})
}
