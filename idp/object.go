package idp

import (
	"bytes"
	"encoding/json"
	"time"

	"portico"
	"portico/secret"
)

// Object is a JSON object that is written back as it was read, except for what
// was changed in it: numbers stay as they are spelt. A member that is not of the
// kind asked for counts as absent.
type Object map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(o))
}

// Text is a member's text.
func (o Object) Text(name string) string {
	text, _ := o[name].(string)
	return text
}

// Secret is a member's text that must not be shown.
func (o Object) Secret(name string) secret.Text { return secret.New(o.Text(name)) }

// Texts are the texts in a member's array.
func (o Object) Texts(name string) []string {
	array, _ := o[name].([]any)
	texts := make([]string, 0, len(array))
	for _, value := range array {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Time is a member's time: seconds since 1970, or RFC 3339; nil for none, and
// for the zero with which RFC 7591 says "never", and for what is past all times.
func (o Object) Time(name string) *time.Time {
	switch value := o[name].(type) {
	case json.Number:
		if seconds, err := value.Int64(); err == nil && seconds > 0 && seconds <= lastSecond {
			return new(time.Unix(seconds, 0).UTC())
		}
	case string:
		if at, err := time.Parse(time.RFC3339, value); err == nil && at.Unix() <= lastSecond {
			return new(at.UTC())
		}
	}
	return nil
}

// Issued is the secret in an answer that registers a client (RFC 7591 §3.2.1).
func (o Object) Issued() portico.ClientSecret {
	return portico.ClientSecret{Value: o.Secret("client_secret"), SecretInfo: portico.SecretInfo{
		Active: true, CreatedAt: o.Time("client_id_issued_at"), ExpiresAt: o.Time("client_secret_expires_at"),
	}}
}

// Member is the object inside an object, made if it is not there.
func (o Object) Member(name string) Object {
	m, ok := o[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		o[name] = m
	}
	return m
}
