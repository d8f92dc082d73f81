package page

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
)

// maxForm is the size of a form in bytes, as sent.
const maxForm = 64 << 10

// FieldError is what is wrong with one field, in the language of the page.
type FieldError struct {
	Field   string // name of the field; "": the form as a whole
	Message string
	Quotes  agenda.Text // the tenant's text that the message quotes, where it does
}

// Errors are the faults of a form in the order of its fields.
type Errors []FieldError

// For is the message of a field, "" if there is none.
func (e Errors) For(name string) string {
	for _, f := range e {
		if f.Field == name {
			return f.Message
		}
	}
	return ""
}

// Form reads a form that was sent. Each reading method checks one field, gives
// its value and collects what is wrong; in the end Errors tells whether the
// values may be used. A nil *Form is an empty form that was not sent.
//
// Values are trimmed, in Unicode's composed form, with \n as line end. Invalid
// UTF-8 and control characters are refused, never repaired in silence.
type Form struct {
	values  url.Values
	printer *i18n.Printer
	errors  Errors
}

// Rule is what a field demands.
type Rule struct {
	Label    string // as the visitor sees it; stands in the messages
	Required bool
	Max      int  // characters; 0: 200
	Lines    bool // line ends are allowed
}

// ReadForm reads the body of a POST. What cannot be read at all is an *Error
// (400, 413). Parameters of the address are not part of a form.
func ReadForm(w http.ResponseWriter, r *http.Request, p *i18n.Printer) (*Form, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, &Error{Status: http.StatusBadRequest, Err: errors.New("form: not application/x-www-form-urlencoded")}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, &Error{Status: http.StatusRequestEntityTooLarge, Err: errors.New("form: too large")}
		}
		return nil, &Error{Status: http.StatusBadRequest, Err: errors.New("form: malformed")} // err quotes the input
	}
	return NewForm(r.PostForm, p), nil
}

// ReadUpload is ReadForm for a form that may hold a whole file, as a text or as a file
// that was chosen, up to a size in bytes. What it read is kept in memory alone.
func ReadUpload(w http.ResponseWriter, r *http.Request, p *i18n.Printer, most int64) (*Form, error) {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || t != "application/x-www-form-urlencoded" && t != "multipart/form-data" {
		return nil, &Error{Status: http.StatusBadRequest, Err: errors.New("form: not a form")}
	}
	r.Body = http.MaxBytesReader(w, r.Body, 3*most+maxForm) // percent signs treble it
	if t == "multipart/form-data" {
		err = r.ParseMultipartForm(3*most + maxForm)
	} else {
		err = r.ParseForm()
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Err: errors.New("form: too large")}
	} else if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Err: errors.New("form: malformed")}
	}
	values := url.Values{}
	for name, list := range r.PostForm {
		values[name] = list
	}
	if r.MultipartForm != nil {
		for name, files := range r.MultipartForm.File {
			for _, f := range files {
				text, err := readPart(f)
				if err != nil {
					return nil, &Error{Status: http.StatusBadRequest, Err: errors.New("form: malformed")}
				}
				values.Add(name, text)
			}
		}
	}
	return NewForm(values, p), nil
}

func readPart(h *multipart.FileHeader) (string, error) {
	f, err := h.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return string(text), err
}

// Raw is what was sent, byte by byte.
func (f *Form) Raw(name string) string { return f.values.Get(name) }

// File is a text as it was sent, but for its line ends: what reads it judges it.
func (f *Form) File(name string) string {
	return strings.ReplaceAll(f.values.Get(name), "\r\n", "\n")
}

// NewForm is a form with given values: to be shown filled in, or read from the
// parameters of a GET (a search).
func NewForm(values url.Values, p *i18n.Printer) *Form { return &Form{values: values, printer: p} }

// Errors are the faults found so far.
func (f *Form) Errors() Errors {
	if f == nil {
		return nil
	}
	return f.errors
}

// Unjudged is the form as it was sent, without what was found wrong with it.
func (f *Form) Unjudged() *Form { return &Form{values: f.values, printer: f.printer} }

// Fail records a fault that only the caller can see, by the key of its text.
func (f *Form) Fail(name, key string, args ...any) {
	f.errors = append(f.errors, FieldError{Field: name, Message: f.printer.T(key, args...)})
}

// Text reads one text.
func (f *Form) Text(name string, rule Rule) string {
	raw := f.values.Get(name)
	s := f.Value(name)
	if !rule.Lines {
		s = strings.ReplaceAll(s, "\t", " ") // pasted from a table
	}
	limit := rule.Max
	if limit == 0 {
		limit = 200
	}
	switch {
	case !clean(raw, rule.Lines):
		f.Fail(name, "layout.form.unreadable", "label", rule.Label)
		return ""
	case s == "" && rule.Required:
		f.Fail(name, "layout.form.missing", "label", rule.Label)
	case utf8.RuneCountInString(s) > limit:
		f.Fail(name, "layout.form.long", "label", rule.Label, "n", limit)
		return ""
	}
	return s
}

// Email reads an e-mail address as agenda.CheckAddress takes it.
func (f *Form) Email(name string, rule Rule) string {
	rule.Max = 254
	s := f.Text(name, rule)
	if _, err := agenda.CheckAddress(s); s != "" && err != nil {
		f.Fail(name, "layout.form.email", "label", rule.Label)
		return ""
	}
	return s
}

// Phone reads a telephone number as people write it: at least five digits, and
// nothing but digits, spaces and / ( ) - + .
func (f *Form) Phone(name string, rule Rule) string {
	rule.Max = 40
	s := f.Text(name, rule)
	digits := strings.Count(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, s), "#")
	if s != "" && (digits < 5 || strings.Trim(s, "0123456789 /()-+.") != "" || strings.ContainsFunc(s, unicode.IsLetter)) {
		f.Fail(name, "layout.form.phone", "label", rule.Label)
		return ""
	}
	return s
}

// Int reads a whole number from low to high; an empty field is low unless it is
// required.
func (f *Form) Int(name string, low, high int, rule Rule) int {
	s := f.Text(name, rule)
	if s == "" {
		return low
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		f.Fail(name, "layout.form.number", "label", rule.Label, "low", low, "high", high)
		return low
	}
	return n
}

// Date reads a day as browsers send it (2026-07-01) or as people type it where
// the browser has no date field (1.7.2026). Zero: none.
func (f *Form) Date(name string, rule Rule) agenda.Date {
	s := f.Text(name, rule)
	if s == "" {
		return 0
	}
	d, err := agenda.ParseDate(isoDate(s))
	if err != nil {
		f.Fail(name, "layout.form.date", "label", rule.Label)
		return 0
	}
	return d
}

// Choice reads one of the given values, "" if none was chosen.
func (f *Form) Choice(name string, allowed []string, rule Rule) string {
	s := f.values.Get(name)
	switch {
	case s == "" && rule.Required:
		f.Fail(name, "layout.form.choose", "label", rule.Label)
	case s != "" && !slices.Contains(allowed, s):
		f.Fail(name, "layout.form.choose", "label", rule.Label)
		return ""
	}
	return s
}

// Choices reads any number of the given values, in the order sent, each once.
func (f *Form) Choices(name string, allowed []string, rule Rule) []string {
	var chosen []string
	for _, s := range f.values[name] {
		if !slices.Contains(allowed, s) {
			f.Fail(name, "layout.form.choose", "label", rule.Label)
			return nil
		}
		if !slices.Contains(chosen, s) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 && rule.Required {
		f.Fail(name, "layout.form.choose", "label", rule.Label)
	}
	return chosen
}

// Checked reads a single box; a required one must be ticked.
func (f *Form) Checked(name string, rule Rule) bool {
	on := f.values.Get(name) != ""
	if !on && rule.Required {
		f.Fail(name, "layout.form.tick", "label", rule.Label)
	}
	return on
}

// Secret reads a password: neither trimmed nor normalised beyond its length,
// and never shown again (Fill leaves it out).
func (f *Form) Secret(name string, rule Rule) string {
	s := f.values.Get(name)
	switch {
	case s == "" && rule.Required:
		f.Fail(name, "layout.form.missing", "label", rule.Label)
	case len(s) > 1024 || !utf8.ValidString(s):
		f.Fail(name, "layout.form.unreadable", "label", rule.Label)
		return ""
	}
	return s
}

// Value is what was typed, fit to be shown again.
func (f *Form) Value(name string) string {
	if f == nil {
		return ""
	}
	return show(f.values.Get(name))
}

// Fill completes a field with what was typed and what is wrong with it.
func (f *Form) Fill(field Field) Field {
	if f == nil {
		return field
	}
	field.Error = f.errors.For(field.Name)
	sent, ok := f.values[field.Name]
	switch {
	case !ok && field.Type != "checkboxes" && field.Type != "checkbox" || field.Type == "password":
		return field
	case field.Choices != nil:
		field.Choices = slices.Clone(field.Choices)
		for i := range field.Choices {
			field.Choices[i].Selected = slices.Contains(sent, field.Choices[i].Value)
		}
	default:
		field.Value = f.Value(field.Name)
	}
	return field
}

// clean reports that s holds nothing a text cannot hold.
func clean(s string, lines bool) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		if r == '\n' || r == '\r' || r == '\t' {
			return !lines && r != '\t'
		}
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

func show(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

func isoDate(s string) string {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return s
	}
	pad := func(p string) string { return strings.Repeat("0", 2-len(p)) + p }
	return strings.TrimSpace(parts[2]) + "-" + pad(parts[1]) + "-" + pad(parts[0])
}
