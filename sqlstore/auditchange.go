package sqlstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico"
)

// change tells what became of an entity, given its columns' values before and
// after; of one that is new or gone, one of the two is nil. news is false when
// nothing changed that the log would tell of.
func (a audited) change(noun string, cells []cell, action portico.AuditAction, before, after []any) (c portico.AuditChange, portal string, news bool) {
	c = portico.AuditChange{Entity: noun, Action: action}
	text := func(i int) string {
		for _, values := range [][]any{after, before} {
			if values != nil {
				s, _ := values[i].(string)
				return s
			}
		}
		return ""
	}
	for i, cell := range cells {
		switch cell.column {
		case "id":
			c.ID = text(i)
		case a.name:
			c.Name = shortened(text(i))
		}
		if cell.column == a.portal {
			portal = text(i)
		}
		if cell.column == "id" || slices.Contains(bookkeeping(), cell.column) || slices.Contains(a.quiet, cell.column) {
			continue
		}
		f := portico.AuditField{Name: cell.column}
		switch {
		case before == nil:
			f.New = a.value(cell, after[i])
		case after == nil:
			f.Old = a.value(cell, before[i])
		case same(before[i], after[i]):
			continue
		default:
			f.Old, f.New = a.value(cell, before[i]), a.value(cell, after[i])
			news = true
		}
		if f.Old != nil || f.New != nil {
			c.Fields = append(c.Fields, f)
		}
	}
	return c, portal, news || action != portico.AuditChanged
}

// bookkeeping are the columns of every table that are no news.
func bookkeeping() []string {
	return []string{"created_at", "updated_at", "last_used_at", "last_seen_at"}
}

func same(a, b any) bool {
	x, isBytes := a.([]byte)
	y, areBytes := b.([]byte)
	if isBytes && areBytes {
		return bytes.Equal(x, y)
	}
	return !isBytes && !areBytes && a == b
}

// maxToldText is how many characters of a text are told; maxToldDocument, how
// many bytes of a JSON document.
const (
	maxToldText     = 500
	maxToldDocument = 8000
)

// withheld stands for a value that is not told.
type withheld struct {
	Withheld string `json:"withheld"`
}

// value is one value as the log tells it; nil for none.
func (a audited) value(c cell, value any) json.RawMessage {
	_, isDigest := c.target.(hexDigest)
	_, isBlob := c.target.(bytesOrNull)
	_, isJSON := c.target.(jsonTarget)
	var told any
	switch s, isText := value.(string); {
	case value == nil, isText && s == "":
		return nil
	case isDigest, isBlob, slices.Contains(a.hidden, c.column):
		told = withheld{"secret"}
	case isJSON:
		told = toldDocument(s)
	case isText:
		told = toldText(s)
	case c.kind == moment:
		told = time.UnixMicro(value.(int64)).UTC().Format(time.RFC3339Nano)
	default:
		told = value
	}
	return encoded(told)
}

func encoded(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values out of a database can be encoded
	}
	return out
}

func toldText(s string) any {
	if n := utf8.RuneCountInString(s); n > maxToldText {
		return withheld{fmt.Sprintf("%d characters", n)}
	}
	if u, err := url.Parse(s); err == nil && strings.Contains(s, "://") && (u.User != nil || u.RawQuery != "") {
		return u.Scheme + "://" + u.Host + u.EscapedPath() + "?…" // where passwords and tokens are written
	}
	return s
}

func toldDocument(s string) any {
	var document any
	if err := json.Unmarshal([]byte(s), &document); err != nil {
		return withheld{"unreadable"}
	}
	clean := withoutSecrets(document)
	if n := len(encoded(clean)); n > maxToldDocument {
		return withheld{fmt.Sprintf("%d bytes", n)}
	}
	return clean
}

// withoutSecrets leaves out of a JSON value what its name says is secret, and
// does the same in texts that hold JSON themselves.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if secretName(name) && member != nil && member != "" {
				v[name] = withheld{"secret"}
			} else {
				v[name] = withoutSecrets(member)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = withoutSecrets(item)
		}
	case string:
		var inner map[string]any
		if strings.HasPrefix(strings.TrimSpace(v), "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return withoutSecrets(inner)
		}
		return toldText(v)
	}
	return v
}

// secretName: member names of plugins' and providers' configurations that hold
// what must not be told. Names that only speak of secrets do no harm here.
func secretName(name string) bool {
	name = strings.ToLower(name)
	if name == "credential_claim" || name == "credentialclaim" || name == "hide_credentials" {
		return false
	}
	return slices.ContainsFunc([]string{"secret", "password", "passwd", "token_post_args_values", "authorization_query_args_values",
		"private", "api_key", "apikey", "credential", "jwk", "assertion", "auth_header", "authorization_value", "access_token", "refresh_token"},
		func(part string) bool { return strings.Contains(name, part) })
}

// shortened is the name of an entity, short enough for a line.
func shortened(s string) string {
	if utf8.RuneCountInString(s) <= 200 {
		return s
	}
	return string([]rune(s)[:199]) + "…"
}
