package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/prove/service"
)

// byAPI is the door of programs: visitors' acts without a token, staff's with one.
type byAPI struct {
	public, staff *service.Client
	beside        *arena.Desk // tells what only a letter would, and changes the set-up
}

func start(p ledger.Place) string { return arena.Start(p).Format(time.RFC3339) }

func visitor() service.Visitor {
	v := arena.Visitor()
	return service.Visitor{Name: v.Name, Email: v.Email}
}

func wish(a ledger.Act) service.Wish {
	return service.Wish{Services: []service.Item{{ID: arena.ServiceID(a.Cells), Quantity: 1}}, Calendar: arena.CalendarID(a.At.Calendar), Start: start(a.At)}
}

// Do does an act by a call and puts the answer into the ledger's words.
func (d *byAPI) Do(ctx context.Context, k *arena.Known, a ledger.Act) (said ledger.Said, err error) {
	said.Visit = a.Visit
	var b service.Booking
	switch a.Kind {
	case ledger.Apply, ledger.Sweep:
		return d.beside.Do(ctx, k, a)
	case ledger.Look:
		date := arena.Start(a.At).Format(time.DateOnly)
		err = d.public.Call(ctx, "GET", fmt.Sprintf("/availability?service=%s&calendar=%s&from=%s&to=%s", arena.ServiceID(a.Cells), arena.CalendarID(a.At.Calendar), date, date), nil, nil)
	case ledger.Hold:
		var h service.Hold
		if h, err = d.public.Hold(ctx, wish(a)); err == nil {
			said.Visit = k.Note(arena.Links{ID: h.Hold, Hold: h.Hold, Calendar: a.At.Calendar})
		}
	case ledger.BookHeld:
		b, err = d.public.Book(ctx, "", service.Order{Hold: k.Of(a.Visit).Hold, Visitor: visitor()})
	case ledger.BookNow:
		b, err = d.bookNow(ctx, a)
	default:
		err = d.change(ctx, k, a)
	}
	if err == nil && (a.Kind == ledger.BookHeld || a.Kind == ledger.BookNow) {
		said.Visit, err = d.learn(ctx, k, a, b.Secret())
	}
	if said.Word = refused(err); said.Word == ledger.Other {
		return said, fmt.Errorf("%v by the API: %w", a, err)
	}
	return said, nil
}

// learn notes a new booking. One that was held is known by its hold.
func (d *byAPI) learn(ctx context.Context, k *arena.Known, a ledger.Act, manage string) (int16, error) {
	l := arena.Links{Manage: manage, Calendar: a.At.Calendar}
	if a.Kind == ledger.BookHeld {
		l.Calendar = k.Of(a.Visit).Calendar
	}
	l, err := d.beside.Learn(ctx, k.Tenant, l)
	if err != nil {
		return -1, err
	}
	if a.Kind == ledger.BookHeld {
		k.Rename(a.Visit, l.ID)
	}
	return k.Note(l), nil
}

func (d *byAPI) bookNow(ctx context.Context, a ledger.Act) (b service.Booking, err error) {
	if !a.Staff {
		return d.public.Book(ctx, "", service.Order{Wish: wish(a), Visitor: visitor()})
	}
	return b, d.staff.Call(ctx, "POST", "/staff-bookings", struct {
		service.Order
		Overbook bool `json:"overbook"`
	}{service.Order{Wish: wish(a), Visitor: visitor()}, a.Over}, &b)
}

func (d *byAPI) change(ctx context.Context, k *arena.Known, a ledger.Act) (err error) {
	l := k.Of(a.Visit)
	switch {
	case a.Kind == ledger.Confirming:
		_, err = d.public.Confirm(ctx, l.Confirm)
	case a.Kind == ledger.Approve:
		_, err = d.staff.StaffAct(ctx, l.ID, "approve")
	case a.Kind == ledger.Reject:
		_, err = d.staff.StaffAct(ctx, l.ID, "reject")
	case a.Kind == ledger.Cancel && a.Staff:
		_, err = d.staff.StaffAct(ctx, l.ID, "cancel")
	case a.Kind == ledger.Cancel:
		_, err = d.public.Cancel(ctx, l.Manage)
	case a.Kind == ledger.Move && a.Staff:
		_, err = d.staff.StaffMove(ctx, l.ID, arena.CalendarID(a.At.Calendar), start(a.At))
	case a.Kind == ledger.Move:
		_, err = d.public.Move(ctx, l.Manage, arena.CalendarID(a.At.Calendar), start(a.At))
	default:
		err = fmt.Errorf("%v: not an act of the API", a)
	}
	return err
}

// refused is a problem of the API in the words of the ledger. What is no problem of the
// contract, silence included, is Other.
func refused(err error) ledger.Word {
	if err == nil {
		return ledger.Done
	}
	p, ok := errors.AsType[*service.Problem](err)
	if !ok {
		return ledger.Other
	}
	words := map[string]ledger.Word{"409 slot_taken": ledger.Taken, "409 window_closed": ledger.Window, "409 too_late": ledger.TooLate, "409 wrong_state": ledger.Wrong,
		"410 hold_expired": ledger.Ran, "404 not_found": ledger.Absent, "422 invalid": ledger.NoHolds, "429 rate_limited": ledger.Busy, "503 overloaded": ledger.Busy}
	if w, ok := words[fmt.Sprint(p.Status, " ", p.Code)]; ok && p.Media == "application/problem+json" {
		return w
	}
	return ledger.Other
}

// byPages is the door of visitors: forms, as a browser without JavaScript sends them.
// What visitors cannot do goes through the API.
type byPages struct {
	byAPI
	browser *service.Browser
}

// Do sends the form of an act and puts the page into the ledger's words.
func (d *byPages) Do(ctx context.Context, k *arena.Known, a ledger.Act) (said ledger.Said, err error) {
	if a.Staff || a.Kind == ledger.Apply || a.Kind == ledger.Sweep || a.Kind == ledger.Look {
		return d.byAPI.Do(ctx, k, a)
	}
	said.Visit = a.Visit
	status, to, page, err := d.send(ctx, k, a)
	if err != nil {
		said.Word = ledger.Other
		return said, fmt.Errorf("%v by form: %w", a, err)
	}
	query := url.Values{}
	if to != nil {
		query = to.Query()
	}
	switch said.Word = onPage(status, a.Kind, query); {
	case said.Word == ledger.Other || status != 303 && !strings.Contains(page, "<h1"):
		said.Word = ledger.Other
		return said, fmt.Errorf("%v by form: %d %v %.300s", a, status, to, page)
	case said.Word != ledger.Done:
	case a.Kind == ledger.Hold:
		said.Visit = k.Note(arena.Links{ID: query.Get("hold"), Hold: query.Get("hold"), Calendar: a.At.Calendar})
	case a.Kind == ledger.BookHeld || a.Kind == ledger.BookNow:
		said.Visit, err = d.learn(ctx, k, a, path.Base(to.Path))
	}
	return said, err
}

func (d *byPages) send(ctx context.Context, k *arena.Known, a ledger.Act) (status int, to *url.URL, page string, err error) {
	home, slot := "/"+k.Tenant+"/", arena.CalendarID(a.At.Calendar)+"@"+start(a.At)
	who := visitor()
	form := url.Values{"name": {who.Name}, "email": {who.Email}}
	switch a.Kind {
	case ledger.Hold:
		return d.browser.Post(ctx, home+"reserve", url.Values{"service": {arena.ServiceID(a.Cells)}, "slot": {slot}})
	case ledger.BookHeld:
		form.Set("hold", k.Of(a.Visit).Hold)
		return d.browser.Post(ctx, home+"book", form)
	case ledger.BookNow:
		form.Set("service", arena.ServiceID(a.Cells))
		form.Set("slot", slot)
		return d.browser.Post(ctx, home+"book", form)
	case ledger.Confirming:
		return d.browser.Post(ctx, home+"c/"+k.Of(a.Visit).Confirm, nil)
	case ledger.Cancel:
		return d.browser.Post(ctx, home+"m/"+k.Of(a.Visit).Manage+"/cancel", nil)
	case ledger.Move:
		return d.browser.Post(ctx, home+"m/"+k.Of(a.Visit).Manage+"/move", url.Values{"slot": {slot}})
	}
	return 0, nil, "", fmt.Errorf("%v: there is no form for it", a)
}

// onPage is a page in the words of the ledger. A redirect says what was done in its
// address; without that it leads to the visit, which says why it stays as it is.
func onPage(status int, k ledger.Kind, query url.Values) ledger.Word {
	done := map[ledger.Kind]string{ledger.Hold: "hold", ledger.BookHeld: "done", ledger.BookNow: "done", ledger.Confirming: "done", ledger.Cancel: "cancelled", ledger.Move: "moved"}
	switch {
	case status == 303 && query.Has(done[k]):
		return ledger.Done
	case status == 303 && k == ledger.Hold:
		return ledger.NoHolds // the form comes without one
	case status == 303 && (k == ledger.Cancel || k == ledger.Move), status == 200 && k == ledger.Confirming:
		return ledger.Wrong
	case status == 409:
		return ledger.Taken
	case status == 410:
		return ledger.Ran
	case status == 404:
		return ledger.Absent
	case status == 429, status == 503:
		return ledger.Busy
	}
	return ledger.Other
}
