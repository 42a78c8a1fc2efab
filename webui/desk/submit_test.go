package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/webui/consoletest"
	"portico/webui/design"
	"portico/webui/desk"
)

// refusal is what the use case behind the form answers to what is typed.
func refusal(typed string) error {
	switch typed {
	case "bad":
		return portico.Invalid("title", "odd", "must be even")
	case "wrong":
		return portico.Errorf(portico.KindUnauthenticated, "This is not your password.")
	case "taken":
		return portico.Errorf(portico.KindConflict, "Somebody was faster.")
	case "often":
		return portico.Errorf(portico.KindTooMany, "Too many.")
	case "gone":
		return portico.NotFound("thing", "7")
	}
	return nil
}

func taskRoutes(*desk.Site) []desk.Route {
	submit := func(w http.ResponseWriter, v *desk.Visit) error {
		f, err := v.Form()
		if err != nil {
			return err
		}
		name := f.Text("name", true, 10)
		task := desk.Task{
			Form: f, Fields: map[string]string{"title": "name"}, Calls: []desk.Call{{Method: "POST", Path: "/v2/first"}, {Method: "POST", Path: "/v2/second"}},
			Do: func() (desk.Answer, error) { return v.To("/done", "console.name"), refusal(name) },
			Show: func(status int, call templ.Component) error {
				return v.Render(w, status, "Task", templ.Join(templ.Raw("<h1>Task</h1>"), design.ErrorSummary(f.Summary()), desk.CallPlace(call)))
			},
		}
		if v.URL.Path == "/button" {
			task.Form = nil
		}
		return v.Submit(task)
	}
	return []desk.Route{
		desk.On("POST /task", submit, access.Own()), desk.On("POST /button", submit, access.Own()), desk.On("GET /done", text("Done"), access.Own()),
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	admin := consoletest.New(t, taskRoutes).As(t, "en")
	for typed, want := range map[string]struct {
		status int
		says   string
	}{
		"": {422, "Fill in this field."}, "bad": {422, "Must be even."}, "wrong": {422, "This is not your password."}, "taken": {409, "Somebody was faster."}, "often": {429, "Too many."}, "gone": {404, "[7]"},
	} {
		admin.Post("/task", url.Values{"name": {typed}}).Is(want.status, "/task").Says(want.says)
	}
	admin.Post("/task", url.Values{"name": {"ok"}}).Is(200, "/done")
	admin.Post("/task", url.Values{"view": {"call"}}).Is(200, "/task").Says("/v2/first", "/v2/second").Hides("attention")
	admin.Post("/button", nil).Is(200, "/done")
	admin.Post("/button", url.Values{"name": {"taken"}}).Is(409, "/button").Says("Somebody was faster.")
}
