package desk_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"portico/access"
	"portico/webtest"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

func text(s string) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		return v.Render(w, http.StatusOK, s, templ.Raw("<h1>"+s+"</h1>"))
	}
}

func routes(*desk.Site) []desk.Route {
	return []desk.Route{
		desk.On("GET /portals/{portalId}", text("One portal"), access.For(access.Portals, access.View, "portalId")),
		desk.On("POST /portals/{portalId}", text("Changed"), access.For(access.Portals, access.Edit, "portalId")),
		desk.On("GET /undeclared", text("Undeclared")),
		desk.On("GET /mine", text("Mine"), access.Own()),
		desk.Door("GET /login", func(w http.ResponseWriter, v *desk.Visit) error {
			return v.RenderBare(w, http.StatusOK, "Sign in", templ.Raw("<h1>Sign in</h1>"))
		}),
		desk.On("GET /call", func(w http.ResponseWriter, v *desk.Visit) error {
			call := desk.Call{Method: "POST", Path: "/v2/x", Body: map[string]string{"name": `O'Hara "&"`, "token": desk.Variable("OKTA_TOKEN")}}
			return v.Render(w, http.StatusOK, "Call", templ.Join(templ.Raw("<h1>Call</h1>"), v.Call(call)))
		}, access.Own()),
		desk.On("POST /form", func(w http.ResponseWriter, v *desk.Visit) error {
			f, err := v.Form()
			if err != nil {
				return err
			}
			return text(strconv.Itoa(len(f.Value("text"))))(w, v)
		}, access.Own()),
		desk.On("GET /boom", func(http.ResponseWriter, *desk.Visit) error { panic("a secret reason") }, access.Own()),
	}
}

func TestPagesAreForThoseWhoWereGrantedThem(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	webtest.NewClient(t, h.Console.URL, "en").Get("/portals/p1?x=1").Is(200, "/login?return=%2Fportals%2Fp1%3Fx%3D1")
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: "p1"})
	viewer.Get("/portals/p1").Is(200, "/portals/p1").Says("One portal")
	viewer.Get("/portals/p2").Is(403, "/portals/p2").Says("Portals Viewer")
	viewer.Post("/portals/p1", nil).Is(403, "/portals/p1").Says("nothing was done")
	viewer.Get("/mine").Is(200, "/mine")
	admin := h.As(t, "en")
	admin.Post("/portals/p1", nil).Is(200, "/portals/p1")
	admin.Get("/undeclared").Is(403, "/undeclared") // default deny
	admin.Get("/nowhere").Is(404, "/nowhere")
	for _, garbled := range []string{"%00", "%FF%FE"} {
		admin.Get("/portals/"+garbled).Is(404, "/portals/")
	}
	admin.Post("/mine", nil).Is(405, "/mine")
	admin.Get("/boom").Is(500, "/boom").Hides("secret reason")
	if !strings.Contains(h.Logs.String(), "a secret reason") {
		t.Error("the log does not tell the cause")
	}
}

// TestTheCallIsWhatTheShellSends runs the printed command with a curl that
// prints what it is given.
func TestTheCallIsWhatTheShellSends(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	command := h.As(t, "en").Get("/call").TextOf("api-call")
	out, err := exec.Command("bash", "-c", `curl() { printf '%s\n' "$@"; }; OKTA_TOKEN=00abc PORTICO_TOKEN=kpat_1; `+command).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, command, out)
	}
	want := "-X\nPOST\nhttp://portico.example/v2/x\n-H\nAuthorization: Bearer kpat_1\n-H\nContent-Type: application/json\n-d\n{\n    \"name\": \"O'Hara \\\"&\\\"\",\n    \"token\": \"00abc\"\n  }\n"
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s\nof\n%s", out, want, command)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.Console.URL+"/portals/p1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("answered %d", res.StatusCode)
	}
}

// TestFormsHoldSpecifications: a form may be as long as the longest specification
// with its letters encoded, which is more than net/http would read by itself.
func TestFormsHoldSpecifications(t *testing.T) {
	t.Parallel()
	admin := consoletest.New(t, routes).As(t, "en")
	send := func(size int) *webtest.Shown {
		return admin.Post("/form", url.Values{"text": {strings.Repeat("a", size)}})
	}
	send(11<<20).Is(200, "/form").Says(strconv.Itoa(11 << 20))
	send(12<<20).Is(413, "/form").Says("nothing was changed")
}
