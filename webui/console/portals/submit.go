package portals

import (
	"github.com/a-h/templ"

	"portico"
	"portico/webui/design"
	"portico/webui/desk"
)

// The most characters of a field (contract: portal-management v3).
const (
	maxName        = 255
	maxDescription = 512
)

// sheet is what every form shows beside its fields.
type sheet struct {
	Form   *desk.Form
	Call   templ.Component // the form as a request of the management API; nil: nobody asked for it
	Action string          // where it is sent
	May    bool            // the visitor may send it; otherwise it can only be read
	Cancel string          // where one goes without sending it; empty: there is no such button
	Submit string          // what the main button says
	Danger bool            // the main button destroys something
	NoCall bool            // no single request of the management API does the same
	Files  bool            // files are sent with it
}

func (s sheet) call() templ.Component {
	if s.Call == nil {
		return templ.NopComponent
	}
	return s.Call
}

// body is what is sent as JSON.
type body map[string]any

// orNull is how JSON has a text that may be missing.
func orNull(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

// optional is a field of a change that is null where nothing was typed.
func optional(text *string) portico.Opt[string] {
	return portico.Opt[string]{Set: true, Null: text == nil, Value: value(text)}
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// on is a check box that was filled in before the form is shown.
func on(yes bool) []string {
	if yes {
		return []string{"on"}
	}
	return nil
}

func (s sheet) kind() design.Kind {
	if s.Danger {
		return design.Danger
	}
	return design.Primary
}
