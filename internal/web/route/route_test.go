package route

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

var whole = Policy{Who: Who{Shows: Nothing}, Data: Open, Keep: Nobody, Rate: Requests}

// A route that does not say what it is, or contradicts itself, is never mounted.
func TestRoutesWithoutAPolicyAreRefused(t *testing.T) {
	none := http.NotFoundHandler()
	for _, test := range []struct {
		want  string
		mount func(*Table)
	}{
		{"who may ask", func(t *Table) { t.Get("/a", Policy{}, none) }},
		{"who may ask", func(t *Table) {
			t.Get("/a", Policy{Who: Who{Shows: Hold}, Data: Open, Keep: Nobody, Rate: Requests}, none)
		}},
		{"what it holds", func(t *Table) { t.Post("/a", Policy{Who: whole.Who, Keep: Nobody, Rate: Requests}, none) }},
		{"who may keep", func(t *Table) { t.Get("/a", Policy{Who: whole.Who, Data: Open, Rate: Requests}, none) }},
		{"what limits", func(t *Table) { t.Get("/a", Policy{Who: whole.Who, Data: Open, Keep: Nobody}, none) }},
		{"not for everyone", func(t *Table) {
			t.Get("/a", Policy{Who: whole.Who, Data: Personal, Keep: Everyone, Rate: Requests}, none)
		}},
		{"not for everyone", func(t *Table) {
			t.Get("/a", Policy{Who: Who{Shows: Session}, Data: Open, Keep: Everyone, Rate: Requests}, none)
		}},
		{"answer to a form", func(t *Table) { t.Post("/a", Files(), none) }},
		{"a right", func(t *Table) {
			t.Get("/a", Policy{Who: Who{Shows: Nothing, Right: agenda.SeeBookings}, Data: Open, Keep: Nobody, Rate: Requests}, none)
		}},
		{"secret in its address", func(t *Table) { t.Get("/a/{secret}", whole, none) }},
		{"secret in its address", func(t *Table) {
			t.Get("/a", Policy{Who: Who{Shows: Manage}, Data: Personal, Keep: Nobody, Rate: Requests}, none)
		}},
	} {
		func() {
			defer func() {
				if got, ok := recover().(string); !ok || !strings.Contains(got, test.want) {
					t.Errorf("got %q, want a refusal with %q", got, test.want)
				}
			}()
			test.mount(NewTable())
		}()
	}
}

// Who asks in a way that there is not learns which ways there are.
func TestWrongMethodsNameTheRightOnes(t *testing.T) {
	table := NewTable()
	none := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	table.Get("/shown", whole, none)
	table.Post("/sent", whole, none)
	table.Get("/both", whole, none)
	table.Ask("/both", whole, none)
	table.Wrong(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }))
	for path, want := range map[string]string{"/shown": "GET, HEAD", "/sent": "POST", "/both": "GET, HEAD, POST"} {
		w := httptest.NewRecorder()
		table.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, path, nil))
		if got := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || got != want {
			t.Errorf("DELETE %s: got %d with %q, want 405 with %q", path, w.Code, got, want)
		}
	}
}

// What nobody guesses has 128 random bits; what has fewer is counted. Nothing that can be
// looked up is stored as it is.
func TestEverySecretIsLongOrCounted(t *testing.T) {
	var seen []Secret
	for _, k := range Kinds() {
		if slices.Contains(seen, k.Secret) {
			t.Errorf("%s is there twice", k.Secret)
		}
		seen = append(seen, k.Secret)
		if k.Bits < 128 && k.Guard == "" {
			t.Errorf("%s has %d bits, and nothing in place of more", k.Secret, k.Bits)
		}
		if k.Link && (k.Stored != Hashed || k.Bits < 128) {
			t.Errorf("%s stands in addresses: got %d bits, stored as %s", k.Secret, k.Bits, k.Stored)
		}
		if k.Stored == "" || k.Lasts == "" || k.Ends == "" {
			t.Errorf("%s: it is not said how it is kept or ended", k.Secret)
		}
	}
}

func TestTablesAreInGerman(t *testing.T) {
	for _, k := range Kinds() {
		for _, word := range []string{string(k.Secret), string(k.Stored), k.Lasts, k.Ends, k.Guard} {
			if word != "" && german(word) == word {
				t.Errorf("%q has no German word", word)
			}
		}
	}
	for _, word := range []string{string(Open), string(Personal), string(Offices), string(Nobody), string(Asker), string(Everyone),
		string(agenda.SeeBookings), string(agenda.ActOnBookings), string(agenda.ManageIncidents), string(agenda.PlanTimes), string(agenda.SeeSetup), string(agenda.ChangeSetup), string(agenda.ManagePeople),
		string(agenda.SeeFigures), string(agenda.SeeJournal), string(agenda.OpenToCounty), string(agenda.ManageTenants),
		string(Unlimited), string(Requests), string(Holds), string(Bookings), string(Reports), string(Letters), string(Passwords), string(Nothing)} {
		if german(word) == word {
			t.Errorf("%q has no German word", word)
		}
	}
	got := Markdown([]Route{{Method: "POST", Path: "/a/{b:c|d}", Changes: true, Policy: Policy{Who: Who{Shows: Token, Right: agenda.SeeBookings}, Data: Personal, Keep: Nobody, Rate: Requests}}})
	if want := "| `POST /a/{b:c\\|d}` | API-Token mit dem Recht: Termine sehen | ja | personenbezogen | niemand | Anfragen je Minute | nein |\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want it to end in %q", got, want)
	}
	if !strings.Contains(MarkdownOfSecrets(), "| Verwaltungslink | 130 | als SHA-256 | ja |") {
		t.Errorf("got %q", MarkdownOfSecrets())
	}
}
