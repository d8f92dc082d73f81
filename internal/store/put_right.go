package store

import "time"

// PutRight lets go what waits for a time that no one meant: the clock ran ahead, and was
// put back. A lease ends within longest; what was written in a time that has not come yet,
// or is to be tried again later than patience, is due now. Reminders can wait for the end
// of quiet hours.
func (tx *Tx) PutRight(longest, patience time.Duration) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	const odd = " state = 'queued' AND (lease > $2 OR created > $2 OR due > $4 OR due > $3 AND attempts > 0 OR due > $3 AND kind NOT LIKE 'reminder-%')"
	far := stamp(now.Add(longest))
	for _, table := range []string{"outbox", "hook_post"} {
		later := patience
		if table == "hook_post" {
			later = 25 * time.Hour // they are tried for days
		}
		_, err := tx.exec("UPDATE "+table+" SET lease = CASE WHEN lease > $2 THEN $2 ELSE lease END, created = CASE WHEN created > $1 THEN $1 ELSE created END, due = CASE WHEN due > $1 THEN $1 ELSE due END WHERE"+odd,
			stamp(now), far, stamp(now.Add(later)), stamp(now.Add(max(later, 25*time.Hour))))
		if err != nil {
			return err
		}
	}
	return nil
}
