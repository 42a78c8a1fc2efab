package visit

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"portico/webui/design"
	"portico/webui/i18n"
)

// flashCookie carries a message to the next page that is shown.
const flashCookie = "portico_flash"

// flashed is a message by its key, so that it is in the language of the page
// that shows it.
type flashed struct {
	Key  string      `json:"k"`
	Args []any       `json:"a,omitempty"`
	Tone design.Tone `json:"t,omitempty"`
}

// Flash tells on the next page that something has been done; key and args make
// the text. Call it before Redirect.
func (v *Visit) Flash(key string, args ...any) { v.flash(flashed{key, args, design.OK}) }

// FlashBad tells on the next page that something did not work out.
func (v *Visit) FlashBad(key string, args ...any) { v.flash(flashed{key, args, design.Bad}) }

func (v *Visit) flash(f flashed) {
	data, err := json.Marshal(f)
	if err != nil {
		return // texts and numbers always fit
	}
	v.setFlash(base64.RawURLEncoding.EncodeToString(data), 60)
}

func (v *Visit) setFlash(value string, age int) {
	http.SetCookie(v.W, &http.Cookie{Name: flashCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure()})
}

// TakeFlash is the message that waits for this page, which is shown once. A
// cookie that is not ours is no message.
func (v *Visit) TakeFlash() *design.Flash {
	c, err := v.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	v.setFlash("", -1)
	var f flashed
	data, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(data, &f) != nil {
		return nil
	}
	text, known := i18n.Lookup(v.Context(), f.Key, f.Args...)
	if !known {
		return nil
	}
	return &design.Flash{Tone: f.Tone, Message: text}
}
