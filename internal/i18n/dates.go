package i18n

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// words are the names and formats by which one language writes dates. A format has
// the marks {weekday} {wd} (short) {d} {dd} {month} (as it stands beside a day) {mon}
// (short) {mm} and {y}.
type words struct {
	weekdays      [7]string // Sunday first, as in time.Weekday
	shortWeekdays [7]string
	headWeekdays  [7]string  // of a column, where the short ones are too long for it
	months        [12]string // standing alone
	monthsOf      [12]string // beside a day, where that is another form
	shortMonths   [12]string
	date          string
	shortDate     string
	afterTime     string // follows the time of day
	beforeTime    string // between a date and its time; "": a comma
	until         string // between two times; "": a dash
	bareHours     bool   // 8:30 instead of 08:30
}

// Plain German has the words of German and writes them in another way.
var (
	germanWeekdays      = [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	germanShortWeekdays = [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}
	germanMonths        = [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// dateWords are written by hand after CLDR 45 (Unicode Common Locale Data Repository),
// since golang.org/x/text brings no dates: German as in Germany, English as in Europe
// (day before month, 24 hours). Everybody reads the clock of the office, so it has 24
// hours and European digits in Arabic too, as on the office's door. German short
// weekdays stand alone, so without a full stop. Plain German has no abbreviated days
// and writes times as they are spoken (DIN SPEC 33429).
var dateWords = map[string]*words{
	"de": {
		weekdays: germanWeekdays, shortWeekdays: germanShortWeekdays, months: germanMonths,
		date: "{weekday}, {d}. {month} {y}", shortDate: "{wd}, {dd}.{mm}.{y}", afterTime: " Uhr",
	},
	"de-x-leicht": {
		weekdays: germanWeekdays, shortWeekdays: germanShortWeekdays, months: germanMonths,
		date: "{weekday}, {d}. {month} {y}", shortDate: "{weekday}, {d}. {month} {y}", afterTime: " Uhr", until: " bis ", bareHours: true,
	},
	"en": {
		weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		shortWeekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months: [12]string{"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		// Not 06/07/2026: half the readers would take it for June.
		date: "{weekday}, {d} {month} {y}", shortDate: "{wd}, {d} {mon} {y}",
	},
	"tr": {
		weekdays:      [7]string{"Pazar", "Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi"},
		shortWeekdays: [7]string{"Paz", "Pzt", "Sal", "Çar", "Per", "Cum", "Cmt"},
		months: [12]string{"Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran",
			"Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"},
		date: "{d} {month} {y} {weekday}", shortDate: "{dd}.{mm}.{y} {wd}",
	},
	"uk": {
		weekdays:      [7]string{"неділя", "понеділок", "вівторок", "середа", "четвер", "пʼятниця", "субота"},
		shortWeekdays: [7]string{"нд", "пн", "вт", "ср", "чт", "пт", "сб"},
		months: [12]string{"січень", "лютий", "березень", "квітень", "травень", "червень",
			"липень", "серпень", "вересень", "жовтень", "листопад", "грудень"},
		monthsOf: [12]string{"січня", "лютого", "березня", "квітня", "травня", "червня",
			"липня", "серпня", "вересня", "жовтня", "листопада", "грудня"},
		date: "{weekday}, {d} {month} {y}\u00a0р.", shortDate: "{wd}, {dd}.{mm}.{y}", beforeTime: " о ",
	},
	"ru": {
		weekdays:      [7]string{"воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"},
		shortWeekdays: [7]string{"вс", "пн", "вт", "ср", "чт", "пт", "сб"},
		months: [12]string{"январь", "февраль", "март", "апрель", "май", "июнь",
			"июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"},
		monthsOf: [12]string{"января", "февраля", "марта", "апреля", "мая", "июня",
			"июля", "августа", "сентября", "октября", "ноября", "декабря"},
		date: "{weekday}, {d} {month} {y}\u00a0г.", shortDate: "{wd}, {dd}.{mm}.{y}", beforeTime: " в ",
	},
	"ar": {
		weekdays:      [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		shortWeekdays: [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		headWeekdays:  [7]string{"ح", "ن", "ث", "ر", "خ", "ج", "س"},
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
			"يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		date: "{weekday}، {d} {month} {y}", shortDate: "{wd}، {d} {month} {y}", beforeTime: " في ",
	},
	"pl": {
		weekdays:      [7]string{"niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"},
		shortWeekdays: [7]string{"niedz.", "pon.", "wt.", "śr.", "czw.", "pt.", "sob."},
		headWeekdays:  [7]string{"nd", "pn", "wt", "śr", "cz", "pt", "so"},
		months: [12]string{"styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec",
			"lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"},
		monthsOf: [12]string{"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
			"lipca", "sierpnia", "września", "października", "listopada", "grudnia"},
		date: "{weekday}, {d} {month} {y}", shortDate: "{wd}, {dd}.{mm}.{y}",
	},
	"fr": {
		weekdays:      [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		shortWeekdays: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin",
			"juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		date: "{weekday} {d} {month} {y}", shortDate: "{wd} {dd}/{mm}/{y}", beforeTime: " à ",
	},
}

func (w *words) write(format string, t time.Time) string {
	var b strings.Builder
	for format != "" {
		text, rest, ok := strings.Cut(format, "{")
		b.WriteString(text)
		if !ok {
			break
		}
		mark, after, _ := strings.Cut(rest, "}")
		b.WriteString(w.part(mark, t))
		format = after
	}
	return b.String()
}

// part is what stands for a mark of a format.
func (w *words) part(mark string, t time.Time) string {
	switch m := t.Month() - 1; mark {
	case "weekday":
		return w.weekdays[t.Weekday()]
	case "wd":
		return w.shortWeekdays[t.Weekday()]
	case "d":
		return strconv.Itoa(t.Day())
	case "dd":
		return t.Format("02")
	case "mm":
		return t.Format("01")
	case "mon":
		return w.shortMonths[m]
	case "month":
		if w.monthsOf[m] != "" {
			return w.monthsOf[m]
		}
		return w.months[m]
	}
	return strconv.Itoa(t.Year())
}

// dateWordsOf are those of a language, for a private variant without its own those of the
// language it belongs to; nil where there are none.
func dateWordsOf(lang string) *words {
	if w, ok := dateWords[lang]; ok {
		return w
	}
	return dateWords[baseOf(lang)]
}

// All functions below show t in the zone it carries: whoever calls them has
// put it into the office's zone.

// Date is the long form: "Montag, 6. Juli 2026", "Monday, 6 July 2026".
func (p *Printer) Date(t time.Time) string { return p.dates.write(p.dates.date, t) }

// ShortDate is for lists: "Mo, 06.07.2026", "Mon, 6 Jul 2026".
func (p *Printer) ShortDate(t time.Time) string { return p.dates.write(p.dates.shortDate, t) }

// Time is the time of day: "08:30 Uhr", "08:30".
func (p *Printer) Time(t time.Time) string { return p.clock(t) + p.dates.afterTime }

func (p *Printer) clock(t time.Time) string {
	clock := t.Format("15:04")
	if p.dates.bareHours {
		clock = strings.TrimPrefix(clock, "0")
	}
	return clock
}

// TimeSpan is a stretch within a day: "08:30–08:50 Uhr", "08:30–08:50". Where one
// writes from the right it is kept together, or the later time would come first.
func (p *Printer) TimeSpan(from, to time.Time) string {
	span := p.clock(from) + cmp.Or(p.dates.until, "–") + p.Time(to)
	if p.rightToLeft {
		return leftToRight + span + endOfDirection
	}
	return span
}

// DateTime is Date and Time: "Montag, 6. Juli 2026, 08:30 Uhr".
func (p *Printer) DateTime(t time.Time) string {
	return p.Date(t) + cmp.Or(p.dates.beforeTime, ", ") + p.Time(t)
}

// Weekday is the full name of a weekday.
func (p *Printer) Weekday(d time.Weekday) string { return p.dates.weekdays[d] }

// ShortWeekday is the name of a weekday for the head of a column: "Mo", "Mon".
func (p *Printer) ShortWeekday(d time.Weekday) string {
	if head := p.dates.headWeekdays[d]; head != "" {
		return head
	}
	return p.dates.shortWeekdays[d]
}

// Month is the full name of a month, to stand alone: with a capital letter.
func (p *Printer) Month(m time.Month) string {
	name := p.dates.months[m-1]
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
