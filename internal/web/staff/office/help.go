package office

import (
	"strings"

	"terminvergabe/internal/handbook"
)

// helps say where the handbook explains which pages: the longest address that fits wins.
var helps = []struct{ path, where string }{
	{"/staff/day", "handbuch-sachbearbeitung#der-tag"},
	{"/staff/new", "handbuch-sachbearbeitung#termin-am-telefon"},
	{"/staff/walk-in", "handbuch-sachbearbeitung#jemand-kommt-ohne-termin"},
	{"/staff/links", "handbuch-sachbearbeitung#ein-anliegen-das-nicht-im-internet-steht"},
	{"/staff/bookings", "handbuch-sachbearbeitung#ein-einzelner-termin"},
	{"/staff/letters", "handbuch-sachbearbeitung#nachrichten-die-nicht-ankamen"},
	{"/staff/find", "handbuch-sachbearbeitung#suchen"},
	{"/staff/calendar", "handbuch-sachbearbeitung#kalender"},
	{"/staff/account", "handbuch-sachbearbeitung#ihr-konto"},
	{"/staff/account/second-factor", "handbuch-sachbearbeitung#zweiter-faktor"},
	{"/staff/account/feeds", "handbuch-sachbearbeitung#termine-im-eigenen-kalender"},
	{"/staff/explain", "handbuch-planung#warum-fehlt-eine-zeit"},
	{"/staff/plan", "handbuch-planung#oeffnungszeiten"},
	{"/staff/plan/closure", "handbuch-planung#schliessen-und-feiertage"},
	{"/staff/plan/holidays", "handbuch-planung#schliessen-und-feiertage"},
	{"/staff/plan/history", "handbuch-planung#zurueck-zu-frueher"},
	{"/staff/setup", "handbuch-planung#einrichten"},
	{"/staff/setup/services", "handbuch-planung#anliegen"},
	{"/staff/setup/calendars", "handbuch-planung#terminkalender"},
	{"/staff/setup/letters", "handbuch-planung#e-mail-texte"},
	{"/staff/incidents", "handbuch-leitung#wenn-jemand-krank-ist"},
	{"/staff/people", "handbuch-leitung#personen-und-rechte"},
	{"/staff/figures", "handbuch-leitung#zahlen"},
	{"/staff/tenant", "handbuch-leitung#der-landkreis-hilft"},
	{"/staff/journal", "handbuch-leitung#protokoll"},
	{"/staff/privacy", "daten"},
}

// Help is the address of what the handbook says about a page of the back office.
func Help(path string) string {
	best, where := "", handbook.Home
	for _, h := range helps {
		if (path == h.path || strings.HasPrefix(path, h.path+"/")) && len(h.path) > len(best) {
			best, where = h.path, handbook.Home+"/"+h.where
		}
	}
	return where
}

// HelpedPaths are the addresses that Help knows.
func HelpedPaths() (list []string) {
	for _, h := range helps {
		list = append(list, h.path)
	}
	return list
}
