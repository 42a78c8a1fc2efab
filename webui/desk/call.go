package desk

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"portico/webui/design"
	"portico/webui/i18n"
)

// Call is the request of the management API that does what a form does.
type Call struct {
	Method string
	Path   string // with its ids, such as /v2/dcr-providers
	Body   any    // what is sent as JSON; nil: nothing. Secrets are given as Variable
}

// Variable stands for a secret in a Call's body: the name of the environment
// variable that holds it.
func Variable(name string) string { return "'\"$" + name + "\"'" }

// WantsCall says that the form was sent to see the call, not to do anything. It
// is the button of CallButton or CallOf, or the item of AsCall.
func (v *Visit) WantsCall() bool { return v.FormValue("view") == "call" }

// Call shows a request of the management API below a form; several, where it
// takes more than one to do the same.
func (v *Visit) Call(calls ...Call) templ.Component {
	commands := make([]string, len(calls))
	for i, c := range calls {
		commands[i] = c.command(v.site.URL)
	}
	return design.APICall(design.CallProps{ID: "api-call", Text: strings.Join(commands, "\n\n")})
}

// ShowCall answers with the call of an action that is done without a form to show
// it below. back leads to the page with its button.
func (v *Visit) ShowCall(w http.ResponseWriter, back string, calls ...Call) error {
	return v.Render(w, http.StatusOK, v.T("console.call_title"), callPage(v.Call(calls...), back))
}

// asCall is an action's address that shows its call.
func asCall(action string) string { return action + "?view=call" }

// AsCall is the item of a menu that shows another one's action as a call.
func AsCall(ctx context.Context, item design.MenuItem) design.MenuItem {
	return design.MenuItem{
		Label: i18n.T(ctx, "console.call_of", "Action", item.Label), Icon: "terminal",
		Post: asCall(item.Post), Name: item.Name, Value: item.Value,
	}
}

// command is the call as a line for a shell. The body stands in single quotes;
// variables step out of them.
func (c Call) command(base string) string {
	var b strings.Builder
	b.WriteString("curl -X " + c.Method + " '" + base + c.Path + "' \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\"")
	if c.Body == nil {
		return b.String()
	}
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("  ", "  ")
	if err := encoder.Encode(c.Body); err != nil {
		return b.String() // texts and numbers always fit
	}
	text := strings.ReplaceAll(strings.TrimSpace(body.String()), "'", `'\''`)
	b.WriteString(" \\\n  -H 'Content-Type: application/json' \\\n  -d '" + unquoteVariables(text) + "'")
	return b.String()
}

// unquoteVariables undoes, for variables only, what the JSON encoding and the
// shell quoting have done: "'\"$NAME\"'" becomes "'"$NAME"'" within its quotes.
func unquoteVariables(text string) string {
	return strings.NewReplacer(`'\''\"$`, `'"$`, `\"'\''`, `"'`).Replace(text)
}
