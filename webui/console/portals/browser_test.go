package portals_test

import (
	"net/http"
	"strings"
	"testing"

	"portico"
	"portico/content"
	"portico/control"
	"portico/developers"
	"portico/webtest"
)

// furnished is a house with something on every page.
func furnished(t *testing.T) house {
	t.Helper()
	h := open(t)
	strategy := h.strategy(t, "keys")
	_, err := h.Portals.Update(t.Context(), h.Portal.ID, control.PortalFields{
		Description: portico.Some("Everything that partners of Acme build with"), DefaultStrategyID: portico.Some(strategy),
	})
	must(t, err)
	for _, name := range []string{"Flights", "Hotels and other places to stay at"} {
		_, err := h.Publications.Put(t.Context(), h.api(t, name).ID, h.Portal.ID, control.PublicationFields{Visibility: portico.Some(portico.Public)})
		must(t, err)
	}
	h.api(t, "Payments")
	_, err = h.Content.Defaults.Create(t.Context(), h.Portal.ID)
	must(t, err)
	h.write(t, "next-steps", new(h.find(t, "getting-started").ID))
	_, err = h.Content.Snippets.Create(t.Context(), h.Portal.ID, content.SnippetFields{Name: portico.Some("help"), Content: portico.Some("Ask us.")})
	must(t, err)
	team, err := h.Teams.Create(t.Context(), h.Portal.ID, developers.TeamFields{Name: portico.Some("Booking"), Description: portico.Some("Whoever books")})
	must(t, err)
	h.Team = team.ID
	must(t, h.Teams.AddMember(t.Context(), h.Portal.ID, team.ID, h.developer(t, "dora@acme.example")))
	_, err = h.Teams.Assign(t.Context(), h.Portal.ID, portico.TeamRole{TeamID: team.ID, Role: portico.APIConsumer, APIID: h.api(t, "Trains").ID, Region: "*"})
	must(t, err)
	_, err = h.Templates.Change(t.Context(), h.Portal.ID, "app-registration-approved", developers.TemplateChange{Subject: portico.Some("You may call {{api_name}}")})
	must(t, err)
	_, err = h.IdentityProviders.ChangeSettings(t.Context(), h.Portal.ID, developers.SettingsChange{Provider: developers.IdentityProviderFields{IssuerURL: portico.Some("https://login.acme.example"), ClientID: portico.Some("portal")}})
	must(t, err)
	_, err = h.AllowLists.Create(t.Context(), h.Portal.ID, []string{"10.0.0.0/8", "192.0.2.1"})
	must(t, err)
	h.Portal = h.now(t)
	return h
}

func (h house) views(t *testing.T) []webtest.View {
	t.Helper()
	apis, err := h.Publications.ListIn(t.Context(), h.Portal.ID, portico.Everything())
	must(t, err)
	one := h.at("/apis/" + string(apis.Items[0].APIID))
	return []webtest.View{
		{Name: "list", Path: "/portals"},
		{Name: "new", Path: "/portals/new"},
		{Name: "overview", Path: h.at("")},
		{Name: "published", Path: h.at("/apis")},
		{Name: "publish", Path: h.at("/publish")},
		{Name: "publication", Path: one},
		{Name: "unpublish", Path: one + "/unpublish"},
		{Name: "appearance", Path: h.at("/appearance")},
		{Name: "pages", Path: h.at("/pages")},
		{Name: "page", Path: h.at("/pages/" + string(h.find(t, "getting-started").ID))},
		{Name: "move", Path: h.at("/pages/" + string(h.find(t, "getting-started").ID) + "/move")},
		{Name: "snippets", Path: h.at("/snippets")},
		{Name: "menu", Path: h.at("/menu")},
		{Name: "domains", Path: h.at("/domains")},
		{Name: "teams", Path: h.at("/teams")},
		{Name: "team", Path: h.at("/teams/" + string(h.Team))},
		{Name: "emails", Path: h.at("/emails")},
		{Name: "email", Path: h.at("/emails/app-registration-approved")},
		{Name: "sender", Path: h.at("/emails/sender")},
		{Name: "sign-in", Path: h.at("/settings/sign-in")},
		{Name: "addresses", Path: h.at("/settings/addresses")},
		{Name: "settings", Path: h.at("/settings")},
		{Name: "delete", Path: h.at("/settings/delete")},
	}
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	h.Matrix(t, h.views(t))
}

// TestPreviewFollowsTheForm changes the looks in a browser: what is chosen is
// asked for in the frame by itself, and can be saved afterwards.
func TestPreviewFollowsTheForm(t *testing.T) {
	t.Parallel()
	h := open(t)
	asked := make(chan string, 16)
	console := h.Console.Config.Handler
	h.Console.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/preview") {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			asked <- r.PostForm.Get("mode") + " " + r.PostForm.Get("colour")
		}
		console.ServeHTTP(w, r)
	})
	p := webtest.Start(t).Page(t, h.Console.URL)
	h.Visitor()(p)
	p.Open(h.at("/appearance"))
	p.Choose("Dark")
	p.Fill("Brand colour", "#00aa77")
	for want := "dark #00aa77"; ; {
		select {
		case got := <-asked:
			if got != want {
				continue // not all was typed yet
			}
		case <-t.Context().Done():
			t.Fatal("the preview is not asked for")
		}
		break
	}
	p.Click("Save")
	p.See("Saved.")
	if now := h.looks(t); now.Theme.Mode != portico.ThemeDark || now.Theme.Colors.Primary != "#00aa77" {
		t.Errorf("saved %+v", now.Theme)
	}
}
