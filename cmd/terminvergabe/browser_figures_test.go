package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
)

// readFigures is the head of an office who reads what the last weeks brought, takes the
// numbers into a spreadsheet, and looks up in the journal who did what.
func (p *person) readFigures() {
	p.signIn("leitung@northeim.example")
	p.follow("Zahlen")
	p.headed("Zahlen")
	p.sees("Gebucht", "Auslastung", "Nicht erschienen", "Gebuchte Termine je Woche", "Je Anliegen", "Zusammen")
	if got := p.fact("Gebucht"); got == "0" {
		p.Errorf("nothing was booked in eight weeks")
	}
	pictures := p.all("image")
	if len(pictures) < 3 {
		p.Errorf("got %d charts, want three with a name", len(pictures))
	}
	p.choose("Aufgeteilt nach", "Kalender")
	p.press("Anzeigen")
	p.sees("Je Kalender")
	p.follow("Letzte 12 Monate")
	p.sees("Je Monat", "August 2027")
	p.follow("Letzte 13 Wochen")
	booked := p.fact("Gebucht")
	p.openSheet(booked)
	p.follow("Protokoll")
	p.headed("Protokoll")
	p.sees("Angemeldet", "Lea Leitung", "Einrichtung geändert")
	p.choose("Was", "Angemeldet")
	p.press("Anzeigen")
	p.sees("Angemeldet")
	if rows := p.texts("tbody td:nth-child(2)"); len(rows) == 0 || strings.ReplaceAll(strings.Join(rows, ""), "Angemeldet", "") != "" {
		p.Errorf("asked for who signed in, the journal shows %q", rows)
	}
}

// openSheet takes both files, which say what the page says.
func (p *person) openSheet(booked string) {
	p.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(p.file("Als Excel-Datei laden")))
	p.must(err, "open the workbook")
	rows, err := f.GetRows("Woche")
	p.must(err, "read the workbook")
	if last := rows[len(rows)-1]; last[1] != "Zusammen" || last[2] != booked {
		p.Errorf("the workbook says %v, want %s booked", last, booked)
	}
	p.must(f.Close(), "close the workbook")
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(p.file("Als CSV-Datei laden"), []byte("\ufeff"))))
	c.FieldsPerRecord = -1
	lines, err := c.ReadAll()
	p.must(err, "read the CSV file")
	found := false
	for _, line := range lines {
		found = found || line[0] == "Woche" && line[2] == "Zusammen" && line[3] == booked
	}
	if !found {
		p.Errorf("the CSV file does not say %s booked", booked)
	}
}

// file fetches what a link leads to, as the browser would save it.
func (p *person) file(link string) []byte {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.address(link), nil)
	p.must(err, "download")
	jar, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	p.must(err, "look into the cookies")
	for _, c := range jar.Cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	res, err := http.DefaultClient.Do(r)
	p.must(err, "download")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	p.must(err, "download")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		p.Errorf("%s: got %d, %s", link, res.StatusCode, res.Header.Get("Content-Disposition"))
	}
	return body
}

// texts reads what stands in all elements of a kind.
func (p *person) texts(selector string) []string {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("`+selector+`")].map(e => e.firstChild.textContent.trim())`))
	p.must(err, "read "+selector)
	return got
}
