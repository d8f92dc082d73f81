package main

import (
	"bytes"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"terminvergabe"
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/route"
)

// secrets are one or more of each kind that the house gives out.
func (e *estate) secrets() map[route.Secret][]string {
	e.Helper()
	ctx, all := e.Context(), map[route.Secret][]string{route.Password: {rightsWord}}
	add := func(kind route.Secret, secret string, err error) {
		e.Helper()
		e.must(err)
		all[kind] = append(all[kind], secret)
	}
	for kind, secret := range e.links {
		add(kind, secret, nil)
	}
	add(route.Manage, e.visit.Manage, nil)
	add(route.Waiting, e.waiting(), nil)
	_, token, err := e.accounts.CreateToken(ctx, rightsTown, "Geheimnis", agenda.Clerk, "", 0)
	add(route.Token, token, err)
	session := e.as(rightsTown, agenda.Admin, "")
	add(route.Session, session, e.accounts.BeginFactor(ctx, session))
	own, err := e.accounts.Own(ctx, session)
	add(route.Factor, own.Enrolment.Secret, err)
	code, err := totp.GenerateCode(own.Enrolment.Secret, e.clock.Now())
	e.must(err)
	all[route.Recovery], err = e.accounts.ConfirmFactor(ctx, session, code)
	e.must(err)
	held, err := e.desk.Hold(ctx, booking.Request{Tenant: rightsTown, Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "10:00"), By: agenda.Public, Actor: booking.ActorVisitor})
	add(route.Hold, held.Secret, err)
	key, err := e.desk.HookSecret(ctx, nil, rightsTown, "faelle", false)
	add(route.Webhook, key, err)
	h, err := e.desk.Setup(ctx, rightsTown)
	e.must(err)
	h.Protection.Proof = agenda.ProofAlways
	_, err = e.desk.Apply(ctx, h, booking.ApplyOptions{Actor: "test"})
	e.must(err)
	id, err := e.desk.AskForCode(ctx, rightsTown, "kanarcode@beispiel.example", "de")
	e.must(err)
	var typed booking.CodeLetter
	e.must(e.desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		typed, _, err = e.desk.CodeTo(tx, store.Posting{Tenant: rightsTown, Subject: "code/" + id})
		return err
	}))
	add(route.Code, typed.Code, nil)
	pass, _, err := e.desk.EnterCode(ctx, rightsTown, id, typed.Code)
	add(route.Pass, pass, err)
	return all
}

// Nobody who reads the database can show a secret: of each kind one is made, and every
// field of every table is looked through.
func TestNoSecretStandsInTheDatabase(t *testing.T) {
	for engine, database := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "book.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			e := openEstate(t, database(t))
			secrets := e.secrets()
			fields := e.fields()
			for _, k := range route.Kinds() {
				list := secrets[k.Secret]
				if len(list) == 0 && k.Stored != route.Proven && k.Stored != route.File {
					t.Errorf("none of %s was made", k.Secret)
				}
				if k.Bits < 128 && k.Guard == "" {
					t.Errorf("%s has %d bits and nothing that counts guesses", k.Secret, k.Bits)
				}
				for _, secret := range list {
					// Each letter of our secrets is worth five bits.
					if random := len(secret) * 5; k.Secret != route.Code && k.Secret != route.Webhook && random < k.Bits {
						t.Errorf("%s: %q has %d bits at most, not %d", k.Secret, secret, random, k.Bits)
					}
					if k.Secret == route.Code {
						continue // six digits stand in many a number
					}
					for _, form := range []string{secret, strings.ReplaceAll(secret, "-", ""), url.QueryEscape(secret)} {
						if bytes.Contains(fields, []byte(strings.ToLower(form))) {
							t.Errorf("%s stands in the database: %s", k.Secret, form)
						}
					}
				}
			}
			if bytes.Contains(fields, []byte("kanarsozia")) || !bytes.Contains(fields, []byte("beratung")) {
				t.Error("what is looked through holds what is sealed, or not what is plain")
			}
		})
	}
}

// fields are all fields of all tables in small letters.
func (e *estate) fields() []byte {
	e.Helper()
	var b bytes.Buffer
	tables := 0
	for line := range strings.Lines(terminvergabe.Schema) {
		name, ok := strings.CutPrefix(line, "CREATE TABLE ")
		if !ok {
			continue
		}
		tables++
		for _, values := range e.rows(strings.Fields(name)[0]) {
			for _, v := range values {
				switch v := v.(type) {
				case []byte:
					b.Write(v)
				case time.Time, nil:
				default:
					fmt.Fprint(&b, v)
				}
				b.WriteByte('\n')
			}
		}
	}
	if tables < 40 {
		e.Errorf("only %d tables were found", tables)
	}
	return bytes.ToLower(b.Bytes())
}
