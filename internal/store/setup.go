package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
)

// head is what the tenant row's spec holds of a Setup.
type head struct {
	Tenant        agenda.Tenant        `json:"tenant"`
	Legal         agenda.Legal         `json:"legal"`
	Brand         agenda.Brand         `json:"brand"`
	Mail          agenda.TenantMail    `json:"mail"`
	Retention     agenda.Retention     `json:"retention"`
	Figures       agenda.FigureRules   `json:"figures"`
	Staff         agenda.StaffRules    `json:"staff"`
	Protection    agenda.Protection    `json:"protection"`
	Closures      []agenda.Closure     `json:"closures"`
	Embed         agenda.Embed         `json:"embed"`
	OpenData      agenda.OpenData      `json:"openData"`
	Accessibility agenda.Accessibility `json:"accessibility"`
	Letters       agenda.Letters       `json:"letters"`
	Webhooks      []agenda.Webhook     `json:"webhooks"`
}

// Tenants lists the ids of all tenants, in order.
func (tx *Tx) Tenants() (ids []string, err error) {
	err = tx.rows("SELECT id FROM tenant", nil, func(r row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	slices.Sort(ids) // the engines' own orders of text differ
	return ids, err
}

// Setup is a tenant's set-up with what has been retired behind it. It is shared:
// nobody changes it.
func (tx *Tx) Setup(tenant string) (*agenda.Setup, error) {
	var revision int
	if err := tx.one("SELECT revision FROM tenant WHERE id = $1", []any{tenant}, &revision); err != nil {
		return nil, fmt.Errorf("tenant %q: %w", tenant, err)
	}
	return tx.setupAt(tenant, revision)
}

// Remembered is the set-up of a tenant as it was last read, without asking whether it is
// so still; nil where nobody has read it yet.
func (s *Store) Remembered(tenant string) *agenda.Setup {
	known, _ := s.setups.Load(tenant)
	setup, _ := known.(*agenda.Setup)
	return setup
}

// setupAt is the set-up, known to be at a revision.
func (tx *Tx) setupAt(tenant string, revision int) (*agenda.Setup, error) {
	if s, ok := tx.store.setups.Load(tenant); ok && !tx.touch.setup && s.(*agenda.Setup).Revision == revision {
		tx.setup = s.(*agenda.Setup)
		return tx.setup, nil
	}
	s, err := tx.loadSetup(tenant)
	if err != nil {
		return nil, fmt.Errorf("set-up of %q: %w", tenant, err)
	}
	if !tx.touch.setup {
		tx.store.setups.Store(tenant, s)
	}
	tx.setup = s
	return s, nil
}

func (tx *Tx) loadSetup(tenant string) (*agenda.Setup, error) {
	s, old := &agenda.Setup{}, &agenda.Setup{}
	var spec string
	if err := tx.one("SELECT revision, spec FROM tenant WHERE id = $1", []any{tenant}, &s.Revision, &spec); err != nil {
		return nil, err
	}
	h := head{Protection: agenda.Protection{Proof: agenda.ProofOff, PerMinute: 60}} // as where the key is missing, for those from before it
	if err := json.Unmarshal([]byte(spec), &h); err != nil {
		return nil, err
	}
	s.Tenant, s.Legal, s.Brand, s.Mail, s.Retention, s.Figures, s.Staff, s.Protection, s.Closures = h.Tenant, h.Legal, h.Brand, h.Mail, h.Retention, h.Figures, h.Staff, h.Protection, h.Closures
	s.Embed, s.OpenData, s.Accessibility, s.Letters, s.Webhooks = h.Embed, h.OpenData, h.Accessibility, h.Letters, h.Webhooks
	err := cmp.Or(
		load(tx, "SELECT retired, spec FROM department WHERE tenant = $1 ORDER BY position, id", tenant, &s.Departments, &old.Departments),
		load(tx, "SELECT retired, spec FROM site WHERE tenant = $1 ORDER BY position, id", tenant, &s.Sites, &old.Sites),
		load(tx, "SELECT retired, spec FROM service WHERE tenant = $1 ORDER BY position, id", tenant, &s.Services, &old.Services),
		tx.loadCalendars(tenant, s, old),
	)
	if err != nil {
		return nil, err
	}
	if err := s.Prepare(); err != nil {
		return nil, err
	}
	s.Retire(old)
	return s, nil
}

func load[T any](tx *Tx, query, tenant string, current, retired *[]T) error {
	return tx.rows(query, []any{tenant}, func(r row) error {
		var gone int
		var spec string
		var v T
		if err := r.Scan(&gone, &spec); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(spec), &v); err != nil {
			return err
		}
		into := current
		if gone == 1 {
			into = retired
		}
		*into = append(*into, v)
		return nil
	})
}

// loadCalendars joins calendars with their offers and templates, which have
// tables of their own.
func (tx *Tx) loadCalendars(tenant string, s, old *agenda.Setup) error {
	offers := map[string][]agenda.Offer{}
	err := tx.rows("SELECT calendar, service, minutes FROM offer WHERE tenant = $1 ORDER BY calendar, position, service", []any{tenant}, func(r row) error {
		var c string
		var o agenda.Offer
		if err := r.Scan(&c, &o.ID, &o.Minutes); err != nil {
			return err
		}
		offers[c] = append(offers[c], o)
		return nil
	})
	if err != nil {
		return err
	}
	templates := map[string][]agenda.SlotTemplate{}
	err = tx.rows("SELECT calendar, spec FROM slot_template WHERE tenant = $1 ORDER BY calendar, position, id", []any{tenant}, func(r row) error {
		var c, spec string
		var t agenda.SlotTemplate
		if err := r.Scan(&c, &spec); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(spec), &t); err != nil {
			return err
		}
		templates[c] = append(templates[c], t)
		return nil
	})
	if err != nil {
		return err
	}
	return tx.rows("SELECT retired, pool, spec FROM calendar WHERE tenant = $1 ORDER BY position, id", []any{tenant}, func(r row) error {
		var gone int
		var spec string
		var c agenda.Calendar
		if err := r.Scan(&gone, &c.PoolNumber, &spec); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(spec), &c); err != nil {
			return err
		}
		c.Services, c.SlotTemplates = offers[c.ID], templates[c.ID]
		if gone == 1 {
			old.Calendars = append(old.Calendars, c)
		} else {
			s.Calendars = append(s.Calendars, c)
		}
		return nil
	})
}

// LockSetup keeps every act on the tenant's book out until the transaction ends.
// Set-up changes call it before they read.
func (tx *Tx) LockSetup(tenant string) error {
	if tx.store.words.forUpdate == "" {
		return nil // SQLite has one writer
	}
	_, err := tx.exec(tx.store.words.forUpdate, tenant)
	return err
}

// ShareCalendars keeps set-up changes of these calendars out until the transaction
// ends, with those of all others of the tenant. Acts call it before they read the set-up.
func (tx *Tx) ShareCalendars(tenant string, _ ...string) error {
	if tx.store.words.forShare == "" || textless([]any{tenant}) {
		return nil
	}
	_, err := tx.exec(tx.store.words.forShare, tenant)
	return err
}

// SaveSetup writes a whole set-up over what is there, under the next revision,
// which it returns. What is left out is retired. The caller holds LockSetup.
func (tx *Tx) SaveSetup(s *agenda.Setup) (revision int, err error) {
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	tx.touch.setup, tx.setup = true, nil
	id := s.Tenant.ID
	err = tx.one(`INSERT INTO tenant (id, revision, changed, spec) VALUES ($1, 1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET revision = tenant.revision + 1, changed = excluded.changed, spec = excluded.spec RETURNING revision`,
		[]any{id, stamp(now), asJSON(head{s.Tenant, s.Legal, s.Brand, s.Mail, s.Retention, s.Figures, s.Staff, s.Protection, s.Closures, s.Embed, s.OpenData, s.Accessibility, s.Letters, s.Webhooks})}, &revision)
	if err != nil {
		return 0, err
	}
	for _, q := range []string{
		"UPDATE department SET retired = 1 WHERE tenant = $1", "UPDATE site SET retired = 1 WHERE tenant = $1",
		"UPDATE service SET retired = 1 WHERE tenant = $1", "UPDATE calendar SET retired = 1 WHERE tenant = $1",
	} {
		if _, err := tx.exec(q, id); err != nil {
			return 0, err
		}
	}
	if err := tx.saveEntities(s); err != nil {
		return 0, err
	}
	for i := range s.Calendars {
		if err := tx.saveCalendar(id, i, s.Calendars[i]); err != nil {
			return 0, fmt.Errorf("calendar %q: %w", s.Calendars[i].ID, err)
		}
	}
	return revision, nil
}

func (tx *Tx) saveEntities(s *agenda.Setup) error {
	upsert := func(table, id string, position int, v any) error {
		_, err := tx.exec("INSERT INTO "+table+` (tenant, id, position, retired, spec) VALUES ($1, $2, $3, 0, $4)
			ON CONFLICT (tenant, id) DO UPDATE SET position = excluded.position, retired = 0, spec = excluded.spec`, s.Tenant.ID, id, position, asJSON(v))
		return err
	}
	for i := range s.Departments {
		if err := upsert("department", s.Departments[i].ID, i, s.Departments[i]); err != nil {
			return err
		}
	}
	for i := range s.Sites {
		if err := upsert("site", s.Sites[i].ID, i, s.Sites[i]); err != nil {
			return err
		}
	}
	for i := range s.Services {
		v := &s.Services[i]
		_, err := tx.exec(`INSERT INTO service (tenant, id, position, retired, minutes, spec) VALUES ($1, $2, $3, 0, $4, $5)
			ON CONFLICT (tenant, id) DO UPDATE SET position = excluded.position, retired = 0, minutes = excluded.minutes, spec = excluded.spec`,
			s.Tenant.ID, v.ID, i, v.Minutes, asJSON(v))
		if err != nil {
			return err
		}
	}
	return nil
}

// saveCalendar takes the calendar by value: offers and templates have tables of
// their own and leave the spec.
func (tx *Tx) saveCalendar(tenant string, position int, c agenda.Calendar) error {
	pool, err := tx.pool(tenant, c.PoolID(), c.TickMinutes)
	if err != nil {
		return err
	}
	offers, templates := c.Services, c.SlotTemplates
	c.Services, c.SlotTemplates = nil, nil
	_, err = tx.exec(`INSERT INTO calendar (tenant, id, position, retired, department, site, pool, spec) VALUES ($1, $2, $3, 0, $4, $5, $6, $7)
		ON CONFLICT (tenant, id) DO UPDATE SET position = excluded.position, retired = 0, department = excluded.department,
		site = excluded.site, pool = excluded.pool, spec = excluded.spec`, tenant, c.ID, position, c.Department, c.Site, pool, asJSON(c))
	if err != nil {
		return err
	}
	for _, q := range []string{"DELETE FROM offer WHERE tenant = $1 AND calendar = $2", "DELETE FROM slot_template WHERE tenant = $1 AND calendar = $2"} {
		if _, err := tx.exec(q, tenant, c.ID); err != nil {
			return err
		}
	}
	for i, o := range offers {
		if _, err := tx.exec("INSERT INTO offer (tenant, calendar, service, position, minutes) VALUES ($1, $2, $3, $4, $5)", tenant, c.ID, o.ID, i, o.Minutes); err != nil {
			return err
		}
	}
	for i, t := range templates {
		if _, err := tx.exec("INSERT INTO slot_template (tenant, calendar, id, position, spec) VALUES ($1, $2, $3, $4, $5)", tenant, c.ID, t.ID, i, asJSON(t)); err != nil {
			return err
		}
	}
	return nil
}

// pool gives the number of a tenant's pool, making it where it is new.
func (tx *Tx) pool(tenant, id string, tick int) (number int64, err error) {
	n, err := tx.exec("UPDATE pool SET tick_minutes = $3 WHERE tenant = $1 AND id = $2", tenant, id, tick)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		var last string
		// The counter's row is the lock between tenants that are set up at once.
		err := tx.one(`INSERT INTO meta (name, value) VALUES ('pools', '1')
			ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT) RETURNING value`, nil, &last)
		if err != nil {
			return 0, err
		}
		number, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return 0, err
		}
		_, err = tx.exec("INSERT INTO pool (number, tenant, id, tick_minutes) VALUES ($1, $2, $3, $4)", number, tenant, id, tick)
		return number, err
	}
	err = tx.one("SELECT number FROM pool WHERE tenant = $1 AND id = $2", []any{tenant, id}, &number)
	return number, err
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: a set-up that cannot be written: " + err.Error()) // plain data always can
	}
	return string(b)
}
