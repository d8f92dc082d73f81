package store

import (
	"encoding/json"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

const incidentColumns = "tenant, id, step, version, spec, sealed"

// Sealed is an incident with its texts as they are stored.
type Sealed struct {
	agenda.Incident
	Texts []byte
}

func (tx *Tx) incidents(rest string, args ...any) (list []Sealed, err error) {
	err = tx.rows("SELECT "+incidentColumns+" FROM incident WHERE "+rest, args, func(r row) error {
		var n Sealed
		var spec string
		if err := r.Scan(&n.Tenant, &n.ID, &n.Step, &n.Version, &spec, &n.Texts); err != nil {
			return err
		}
		list = append(list, n)
		return json.Unmarshal([]byte(spec), &list[len(list)-1].Incident)
	})
	return list, err
}

// AddIncident writes a new incident.
func (tx *Tx) AddIncident(n *agenda.Incident, texts []byte) error {
	_, err := tx.exec("INSERT INTO incident (tenant, id, step, version, ends, spec, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		n.Tenant, n.ID, string(n.Step), n.Version, stamp(n.To), asJSON(n), texts)
	return err
}

// SaveIncident writes a changed incident over the version before it. Where that is no
// longer the stored one, somebody was faster: agenda.ErrConflict.
func (tx *Tx) SaveIncident(n *agenda.Incident, texts []byte) error {
	n.Version++
	return tx.later(1, agenda.ErrConflict, "UPDATE incident SET step = $3, version = $4, ends = $5, spec = $6, sealed = $7 WHERE tenant = $1 AND id = $2 AND version = $4 - 1",
		n.Tenant, n.ID, string(n.Step), n.Version, stamp(n.To), asJSON(n), texts)
}

// Incident finds an incident by id.
func (tx *Tx) Incident(tenant, id string) (Sealed, error) {
	list, err := tx.incidents("tenant = $1 AND id = $2", tenant, id)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return Sealed{}, fmt.Errorf("incident: %w", err)
	}
	return list[0], nil
}

// Incidents lists a tenant's newest incidents, at most limit.
func (tx *Tx) Incidents(tenant string, limit int) ([]Sealed, error) {
	return tx.incidents("tenant = $1 AND id > '' ORDER BY id DESC LIMIT $2", tenant, limit)
}

// WorkingIncidents lists those of all tenants that are being carried out or undone.
func (tx *Tx) WorkingIncidents() ([]Sealed, error) {
	return tx.incidents("step IN ('running', 'undoing')")
}

// DropIncident deletes an incident with all that hangs on it.
func (tx *Tx) DropIncident(tenant, id string) error {
	for _, q := range []string{
		"DELETE FROM proposal WHERE tenant = $1 AND incident = $2",
		"DELETE FROM incident_item WHERE tenant = $1 AND incident = $2",
		"DELETE FROM incident WHERE tenant = $1 AND id = $2",
	} {
		if _, err := tx.exec(q, tenant, id); err != nil {
			return err
		}
	}
	return nil
}

// PastIncidents lists a tenant's incidents that were over before a time.
func (tx *Tx) PastIncidents(tenant string, before time.Time) (ids []string, err error) {
	list, err := tx.incidents("tenant = $1 AND id > '' AND ends < $2", tenant, stamp(before))
	for _, n := range list {
		ids = append(ids, n.ID)
	}
	return ids, err
}

const itemColumns = "tenant, incident, booking, position, state, spec"

func (tx *Tx) items(rest string, args ...any) (list []*agenda.IncidentItem, err error) {
	err = tx.rows("SELECT "+itemColumns+" FROM incident_item WHERE "+rest, args, func(r row) error {
		var it agenda.IncidentItem
		var spec string
		if err := r.Scan(&it.Tenant, &it.Incident, &it.Booking, &it.Position, &it.State, &spec); err != nil {
			return err
		}
		list = append(list, &it)
		return json.Unmarshal([]byte(spec), &it)
	})
	return list, err
}

// Items lists the visits of an incident, in their order.
func (tx *Tx) Items(tenant, incident string) ([]*agenda.IncidentItem, error) {
	return tx.items("tenant = $1 AND incident = $2 ORDER BY position, booking", tenant, incident)
}

// Item finds one visit of an incident.
func (tx *Tx) Item(tenant, incident, booking string) (*agenda.IncidentItem, error) {
	list, err := tx.items("tenant = $1 AND incident = $2 AND booking = $3", tenant, incident, booking)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("visit of an incident: %w", err)
	}
	return list[0], nil
}

// ItemsOf lists what incidents have to do with a booking.
func (tx *Tx) ItemsOf(tenant, booking string) ([]*agenda.IncidentItem, error) {
	return tx.items("tenant = $1 AND booking = $2 ORDER BY incident", tenant, booking)
}

// ReplaceItems puts the visits of an incident in place of those it had.
func (tx *Tx) ReplaceItems(tenant, incident string, list []*agenda.IncidentItem) error {
	if _, err := tx.exec("DELETE FROM incident_item WHERE tenant = $1 AND incident = $2", tenant, incident); err != nil {
		return err
	}
	for _, it := range list {
		if _, err := tx.exec("INSERT INTO incident_item ("+itemColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
			tenant, incident, it.Booking, it.Position, string(it.State), asJSON(it)); err != nil {
			return err
		}
	}
	return nil
}

// SaveItem writes a changed visit of an incident, some time before the transaction
// ends. Where it is no longer in the state was, somebody was faster: the act fails with
// agenda.ErrConflict.
func (tx *Tx) SaveItem(it *agenda.IncidentItem, was agenda.ItemState) error {
	return tx.later(1, agenda.ErrConflict, "UPDATE incident_item SET state = $4, spec = $5 WHERE tenant = $1 AND incident = $2 AND booking = $3 AND state = $6",
		it.Tenant, it.Incident, it.Booking, string(it.State), asJSON(it), string(was))
}

const proposalColumns = "tenant, id, incident, booking, held, hash, state, version, expires, fallback, created, sealed"

func (tx *Tx) proposals(rest string, args ...any) (list []*agenda.Proposal, err error) {
	err = tx.rows("SELECT "+proposalColumns+" FROM proposal WHERE "+rest, args, func(r row) error {
		var p agenda.Proposal
		err := r.Scan(&p.Tenant, &p.ID, &p.Incident, &p.Booking, &p.Held, &p.Hash, &p.State, &p.Version, at{&p.Expires}, &p.Fallback, at{&p.Created}, &p.Sealed)
		list = append(list, &p)
		return err
	})
	return list, err
}

func (tx *Tx) proposal(where string, args ...any) (*agenda.Proposal, error) {
	list, err := tx.proposals(where, args...)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("proposal: %w", err)
	}
	return list[0], nil
}

// AddProposal writes a new proposal. Where its visit has an open one, the act fails
// with agenda.ErrConflict.
func (tx *Tx) AddProposal(p *agenda.Proposal) error {
	return tx.later(1, agenda.ErrConflict, "INSERT INTO proposal ("+proposalColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
		p.Tenant, p.ID, p.Incident, p.Booking, p.Held, p.Hash, string(p.State), p.Version, stamp(p.Expires), p.Fallback, stamp(p.Created), p.Sealed)
}

// KeepProposal lets a visit's open proposal follow to the visit's version: what has
// changed is not when or where it is.
func (tx *Tx) KeepProposal(b *agenda.Booking) error {
	return tx.later(-1, nil, "UPDATE proposal SET version = $3 WHERE tenant = $1 AND booking = $2 AND state = 'open' AND version = $3 - 1", b.Tenant, b.ID, b.Version)
}

// EndProposal writes what became of an open proposal. One that is no longer open makes
// the act fail with agenda.ErrConflict.
func (tx *Tx) EndProposal(p *agenda.Proposal, state agenda.ProposalState) error {
	p.State = state
	return tx.later(1, agenda.ErrConflict, "UPDATE proposal SET state = $3 WHERE tenant = $1 AND id = $2 AND state = 'open'", p.Tenant, p.ID, string(state))
}

// Proposal finds a proposal by id.
func (tx *Tx) Proposal(tenant, id string) (*agenda.Proposal, error) {
	return tx.proposal("tenant = $1 AND id = $2", tenant, id)
}

// OpenProposal finds the proposal that waits for a visit's visitor to answer.
func (tx *Tx) OpenProposal(tenant, booking string) (*agenda.Proposal, error) {
	return tx.proposal("tenant = $1 AND booking = $2 AND state = 'open'", tenant, booking)
}

// ProposalByHash finds the proposal that the secret with this hash opens, within a tenant.
func (tx *Tx) ProposalByHash(tenant, hash string) (*agenda.Proposal, error) {
	return tx.proposal("hash = $1 AND tenant = $2", hash, tenant)
}

// StaleProposals lists open proposals of all tenants whose time has run out, or whose
// visit has changed since, or whose seats are gone, at most limit.
func (tx *Tx) StaleProposals(now time.Time, limit int) ([]*agenda.Proposal, error) {
	const columns = "p.tenant, p.id, p.incident, p.booking, p.held, p.hash, p.state, p.version, p.expires, p.fallback, p.created, p.sealed"
	var list []*agenda.Proposal
	err := tx.rows("SELECT "+columns+` FROM proposal p LEFT JOIN booking b ON b.tenant = p.tenant AND b.id = p.booking
		LEFT JOIN booking h ON h.tenant = p.tenant AND h.id = p.held
		WHERE p.state = 'open' AND (p.expires <= $1 OR b.id IS NULL OR b.version <> p.version OR h.id IS NULL OR h.status <> 'held') ORDER BY p.expires LIMIT $2`, []any{stamp(now), limit}, func(r row) error {
		var p agenda.Proposal
		err := r.Scan(&p.Tenant, &p.ID, &p.Incident, &p.Booking, &p.Held, &p.Hash, &p.State, &p.Version, at{&p.Expires}, &p.Fallback, at{&p.Created}, &p.Sealed)
		list = append(list, &p)
		return err
	})
	return list, err
}

// Hasten lets the letters about a version of a subject leave now.
func (tx *Tx) Hasten(tenant, subject string, version int) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE outbox SET due = $4 WHERE tenant = $1 AND subject = $2 AND version = $3 AND state = 'queued' AND due > $4", tenant, subject, version, stamp(now))
	return err
}
