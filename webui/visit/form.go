package visit

import (
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"portico"
	"portico/problem"
	"portico/secret"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Form is a posted form. Its readers collect faults, so that a page can show
// all of them at once, each at its field; Values keeps what was typed.
type Form struct {
	Values url.Values
	Faults []Fault
	visit  *Visit
}

// Fault is what is wrong with a field, in the visitor's language. A fault of
// the whole form has no field.
type Fault struct{ Field, Text string }

// inMemory is how many bytes of files are kept without writing them to disk.
const inMemory = 4 << 20

// Form reads the posted form, with its files.
func (v *Visit) Form() (*Form, error) {
	// The site has limited the body; this keeps net/http from a lower limit of
	// its own, which it sets where it does not see one.
	v.Body = http.MaxBytesReader(v.W, v.Body, math.MaxInt64)
	err := v.ParseForm()
	if err == nil {
		err = v.ParseMultipartForm(inMemory)
	}
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, err
		}
		if errors.Is(err, multipart.ErrMessageTooLarge) {
			return nil, portico.Errorf(portico.KindTooLarge, "The form is too large; nothing was changed. Send what is long as a file.")
		}
		return nil, portico.Errorf(portico.KindInvalid, "The form could not be read; nothing was changed. Go back and send it again.").Named("bad_form")
	}
	return &Form{Values: v.PostForm, visit: v}, nil
}

// EmptyForm is the form before anybody has typed into it, with what is filled
// in already.
func (v *Visit) EmptyForm(filled url.Values) *Form {
	if filled == nil {
		filled = url.Values{}
	}
	return &Form{Values: filled, visit: v}
}

// OK says that no fault was found.
func (f *Form) OK() bool { return len(f.Faults) == 0 }

// Fault is the text of the field's first fault; empty: none.
func (f *Form) Fault(field string) string {
	for _, fault := range f.Faults {
		if fault.Field == field {
			return fault.Text
		}
	}
	return ""
}

// Summary is all faults for design.ErrorSummary, which leads to the fields.
func (f *Form) Summary() []design.FieldError {
	out := make([]design.FieldError, len(f.Faults))
	for i, fault := range f.Faults {
		out[i] = design.FieldError{ID: fault.Field, Message: fault.Text}
	}
	return out
}

// Reject adds a fault; key and args make its text.
func (f *Form) Reject(field, key string, args ...any) {
	f.Faults = append(f.Faults, Fault{field, i18n.T(f.visit.Context(), key, args...)})
}

// Value is what was typed into a field.
func (f *Form) Value(field string) string { return f.Values.Get(field) }

// Has says whether a list or a check box holds the value.
func (f *Form) Has(field, value string) bool { return slices.Contains(f.Values[field], value) }

// Text reads a text of at most most characters, without surrounding space.
func (f *Form) Text(field string, required bool, most int) string {
	text := strings.TrimSpace(f.Values.Get(field))
	switch {
	case text == "" && required:
		f.Reject(field, "errors.required")
	case utf8.RuneCountInString(text) > most:
		f.Reject(field, "errors.too_long", "Most", most)
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		f.Reject(field, "errors.bad_text")
	}
	return text
}

// Optional reads a text that may be missing; nil if it is.
func (f *Form) Optional(field string, most int) *string {
	if text := f.Text(field, false, most); text != "" {
		return &text
	}
	return nil
}

// The most characters of an address and of a name (contract: Developer).
const (
	MaxEmail = 250
	MaxName  = 250
)

// Email reads an address, in lower case.
func (f *Form) Email(field string) string {
	text := strings.ToLower(f.Text(field, true, MaxEmail))
	if text == "" {
		return ""
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		f.Reject(field, "errors.bad_email")
	}
	return text
}

// URL reads an address that begins with https:// or http:// and has no user
// name, query or fragment.
func (f *Form) URL(field string, required bool, most int) string {
	text := f.Text(field, required, most)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(text, " \\?#") {
		f.Reject(field, "errors.bad_url")
	}
	return text
}

// Secret reads a password or another secret as it is. It is never shown again,
// not even in the form that is rejected.
func (f *Form) Secret(field string) secret.Text {
	value := f.Values.Get(field)
	f.Values.Del(field)
	if value == "" {
		f.Reject(field, "errors.required")
	}
	return secret.New(value)
}

// File reads a file of at most most bytes, and of which kind the browser says it
// is; nil if none was chosen.
func (f *Form) File(field string, most int64) (mediaType string, data []byte) {
	if f.visit.MultipartForm == nil || len(f.visit.MultipartForm.File[field]) == 0 {
		return "", nil
	}
	sent := f.visit.MultipartForm.File[field][0]
	if sent.Size > most {
		f.Reject(field, "errors.file_too_large", "Most", most>>10)
		return "", nil
	}
	file, err := sent.Open()
	if err == nil {
		defer file.Close()
		data, err = io.ReadAll(file)
	}
	if err != nil {
		f.Reject(field, "errors.bad_file")
	}
	return sent.Header.Get("Content-Type"), data
}

// Choice reads one of the given values.
func (f *Form) Choice(field string, choices ...string) string {
	value := f.Values.Get(field)
	if !slices.Contains(choices, value) {
		f.Reject(field, "errors.choose")
	}
	return value
}

// List reads the values of check boxes and of texts in which commas or spaces
// separate several.
func (f *Form) List(field string) []string {
	var out []string
	for _, typed := range f.Values[field] {
		for _, item := range strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
			if !slices.Contains(out, item) {
				out = append(out, item)
			}
		}
	}
	return out
}

// Refused puts what a use case refused into the form: faults of the input at
// their fields (fields maps the use case's names to the form's; the same name
// needs no entry), conflicts and the like above them. Any other error is
// returned: it deserves a page of its own.
func (f *Form) Refused(err error, fields map[string]string) error {
	switch portico.KindOf(err) {
	case portico.KindInvalid, portico.KindConflict, portico.KindForbidden, portico.KindUnauthenticated, portico.KindTooMany, portico.KindUnavailable, portico.KindGone, portico.KindUnprocessable:
	default:
		return err
	}
	e := problem.Translate(err)
	for _, fault := range e.Invalid {
		field, known := fields[fault.Field]
		if !known {
			field = fault.Field
		}
		f.Faults = append(f.Faults, Fault{field, faultText(f.visit.Context(), fault)})
	}
	if len(e.Invalid) == 0 {
		f.Faults = append(f.Faults, Fault{"", ErrorText(f.visit.Context(), e)})
	}
	return nil
}
