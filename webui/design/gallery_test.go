package design_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"portico/webui/design"
	"portico/webui/i18n"
)

// now is when the gallery's examples happen.
var now = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// with gives a component its children.
func with(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

// element is markup as a page would write it around components.
func element(open string, rest ...templ.Component) templ.Component {
	name, _, _ := strings.Cut(strings.Trim(open, "<>"), " ")
	return templ.Join(templ.Raw(open), templ.Join(rest...), templ.Raw("</"+name+">"))
}

func text(s string) templ.Component { return templ.Raw(templ.EscapeString(s)) }

func field(name, label string) design.Field { return design.Field{Name: name, Label: label} }

func shell(lang string, theme design.Mode) design.Shell {
	return design.Shell{
		Title: "Checkout service", Description: "Every component in every state", Lang: lang, Theme: theme, Path: "/gallery",
		Brand: design.Brand{Name: "Acme Developers"},
		Nav: []design.NavItem{
			{Href: "/apis", Label: "APIs", Icon: "api"},
			{Href: "/apps", Label: "My Apps", Icon: "apps", Current: true},
			{Href: "/guides", Label: "Guides", Icon: "book"},
		},
		User: &design.UserMenu{Name: "Hana Sato", Email: "hana@acme.example", Items: []design.MenuItem{
			{Label: "Account", Icon: "user", Href: "/account"},
			{Label: "Sign out", Icon: "sign-out", Post: "/logout", Name: "everywhere", Value: "no"},
		}},
		Languages: []design.Language{
			{Code: "en", Label: "English", Href: "?lang=en", Current: lang == "en"},
			{Code: "ja", Label: "日本語", Href: "?lang=ja", Current: lang == "ja"},
		},
		Search: design.Search{Action: "/search"},
		Flash: &design.Flash{Tone: design.OK, Message: "The application was created.", Detail: "Okta knows it too.",
			Action: &design.Link{Href: "/apps/1", Label: "Show it"}},
		Footer:      []design.Link{{Href: "/terms", Label: "Terms"}, {Href: "/privacy", Label: "Privacy"}},
		FooterParts: []design.FooterPart{{Title: "Learn", Links: []design.Link{{Href: "/start", Label: "Getting started"}, {Href: "/faq", Label: "Questions"}}}, {Title: "Company", Links: []design.Link{{Href: "/about", Label: "About"}}}},
		FooterText:  "Acme Corporation",
		Modules:     []string{design.AssetURL("js/tags.js")},
	}
}

func content() templ.Component {
	return templ.Join(
		with(design.Head(design.HeadProps{
			Title: "Checkout service", Lead: "Takes card payments in the web shop.", Glyph: "Checkout service", Badge: design.StatusBadge("approved"),
			Crumb: []design.Crumb{{Href: "/apps", Label: "My Apps"}, {Label: "Checkout service"}},
		}),
			design.Button(design.ButtonProps{Label: "Rotate secret", Icon: "refresh", Dialog: "confirm"}),
			design.Button(design.ButtonProps{Label: "Add API", Icon: "plus", Kind: design.Primary, Href: "/apis"}),
		),
		design.Tabs("Application", []design.Tab{
			{Href: "/elsewhere", Label: "Overview", Current: true}, {Href: "/elsewhere", Label: "APIs", Count: "3"},
			{Href: "/elsewhere", Label: "Credentials", Count: "1"}, {Href: "/elsewhere", Label: "Analytics"}, {Href: "/elsewhere", Label: "Settings"},
		}),
		element(`<div class="split">`, element(`<div class="stack-l">`, firstCall(), registered(), rows(), figures()), element(`<div class="stack-l">`, started(), facts(), notes())),
		element(`<div class="grid-2">`, form(), choices()),
		element(`<div class="stack-l">`, searching(), labels(), empty()),
		with(design.Dialog("confirm", "Rotate the client secret"),
			text("The old secret keeps working until you revoke it."),
			with(design.FormActions(), design.Button(design.ButtonProps{Label: "Create a second secret", Kind: design.Primary}))),
	)
}

// console is the admins' frame with a side bar.
func console(s design.Shell) templ.Component {
	return design.Console(s, []design.NavGroup{
		{Items: []design.SideItem{{NavItem: design.NavItem{Href: "/console", Label: "Overview", Icon: "home", Current: true}}}},
		{Title: "Access", Items: []design.SideItem{{NavItem: design.NavItem{Href: "/elsewhere", Label: "Approvals", Icon: "check"}, Count: 4}}},
	})
}

func call() templ.Component {
	return templ.Join(design.Head(design.HeadProps{Title: "New portal"}), design.APICall(design.CallProps{ID: "call", Text: "curl -X POST https://portico.example/v3/portals"}))
}

func curl(id, auth string) templ.Component {
	return design.Code(design.CodeProps{ID: id, Label: "curl", Code: "curl https://gw.acme.dev/orders/v2/orders \\\n  " + auth})
}

func firstCall() templ.Component {
	return with(design.Card(design.CardProps{Title: "Make your first call", ID: "first"}),
		design.Segmented("auth", "Way to authenticate", []design.Segment{
			{Label: "Basic", Content: curl("c1", `-u "$CLIENT_ID:$CLIENT_SECRET"`)},
			{Label: "Bearer", Content: curl("c2", `-H "Authorization: Bearer $TOKEN"`)},
			{Label: "Session", Content: curl("c3", `-b "session=$SESSION" <&>`)},
		}),
		element(`<div class="row">`,
			design.Button(design.ButtonProps{Label: "Send test request", Icon: "play", Attrs: templ.Attributes{"data-hook": "x"}}),
			element(`<span class="muted">`, text("Runs from the portal with a secret you paste; nothing is stored."))),
		design.Trace([]design.TraceStep{
			{State: "ok", Label: "Token issued by Okta for orders.read", Value: "182 ms", Content: design.Chip("orders.read")},
			{State: "failed", Label: "Application is not registered for Orders v2", Value: "3 ms", Detail: "The gateway answered 403.", Action: "Request access to Orders v2."},
			{State: "skipped", Label: "Upstream replied"},
			{State: "running", Label: "Waiting for the gateway"},
		}))
}

func registered() templ.Component {
	row := func(name, status, n string, items ...design.MenuItem) templ.Component {
		return element(`<tr>`, element(`<th scope="row">`, text(name)), element(`<td>`, design.StatusBadge(status)), element(`<td class="num">`, text(n)),
			element(`<td class="actions">`, design.Menu(design.MenuProps{ID: "m-" + name, Label: "Actions for " + name, Items: items})))
	}
	return with(design.Card(design.CardProps{Title: "Registered APIs", Text: "What this application may call.", Flush: true, Level: 3, Action: design.LinkButton("/apis", "search", "Browse")}),
		with(design.Table(design.TableProps{Caption: "Registered APIs", Dense: false, Columns: []design.Column{
			{Label: "API", SortHref: "?sort=-name", Sorted: "ascending"}, {Label: "Status", SortHref: "?sort=status"},
			{Label: "Requests, 24 h", Numeric: true, SortHref: "?sort=requests", Sorted: "descending"}, {Label: "Actions", Hidden: true},
		}},
		),
			row("Orders", "approved", "18,204", design.MenuItem{Label: "Show", Icon: "external", Href: "/apis/orders", Current: true},
				design.MenuItem{Label: "Rotate", Icon: "refresh", Dialog: "confirm"},
				design.MenuItem{Label: "Pause", Icon: "clock", Disabled: true, Reason: "The portal team paused it already."},
				design.MenuItem{Label: "Remove", Icon: "trash", Post: "/remove", Danger: true}),
			row("Payments", "revoked", "4,981"), row("Loyalty", "pending", "—"), row("Reports", "inactive", "0")))
}

func rows() templ.Component {
	app := func(name, strategy, status string, values ...float64) templ.Component {
		return element(`<div class="list-row">`, design.Glyph(name),
			element(`<div>`, element(`<div class="tile-title">`, element(`<a href="/apps/1">`, text(name))),
				element(`<div class="meta">`, element(`<span>`, design.Icon("shield"), text(strategy)), element(`<span>`, design.Icon("box"), text("3 APIs")),
					element(`<span>`, design.Icon("clock"), design.Ago(now.Add(-2*time.Minute), now)))),
			design.Sparkline("Requests in 24 hours, rising", values), design.StatusBadge(status))
	}
	return element(`<div class="stack">`,
		app("Checkout service", "Okta (DCR)", "approved", 1, 2, 2, 3, 4, 4, 6, 7, 6, 9),
		app("iOS app", "Okta (DCR)", "approved", 5, 4, 6, 5, 4, 5, 8, 5, 5),
		app("Nightly reports", "API key", "pending", 0, 0, 9, 0, 0, 9, 0, 0))
}

func figures() templ.Component {
	points := []string{"00:00", "04:00", "08:00", "12:00", "16:00", "20:00"}
	return with(design.Card(design.CardProps{Title: "Requests", Action: design.SegmentedLinks("Range", []design.Tab{{Href: "?r=24h", Label: "24 hours", Current: true}, {Href: "?r=7d", Label: "7 days"}})}),
		design.BarChart(design.ChartProps{Label: "Requests by status", Points: points, Series: []design.Series{
			{Name: "2xx", Tone: design.OK, Values: []float64{12, 40, 210, 330, 290, 80}}, {Name: "4xx", Tone: design.Warn, Values: []float64{2, 1, 20, 12, 9, 3}},
			{Name: "5xx", Tone: design.Bad, Values: []float64{0, 0, 4, 0, 12}},
		}}),
		design.LineChart(design.ChartProps{Label: "Latency", Points: points, Ends: [2]string{"yesterday", "now"}, Format: func(v float64) string { return i18n.Duration(context.Background(), time.Duration(v)*time.Millisecond) },
			Series: []design.Series{{Name: "p95", Values: []float64{41, 44, 80, 61, 52, 43}}}}),
		design.Pager(design.PagerProps{Page: 4, Pages: 9, Total: 214, Href: func(n int) string { return "?page=" + string(rune('0'+n)) }}))
}

func started() templ.Component {
	steps := []design.Step{{Label: "Create an application", Done: true}, {Label: "Store your client secret", Done: true, Href: "/elsewhere"},
		{Label: "Register for an API", Done: true}, {Label: "Make a successful call", Current: true, Text: "Use the panel on this page."}}
	return with(design.Card(design.CardProps{Title: "Get started", Action: design.ChecklistCount(steps)}), design.Checklist(steps),
		design.Steps("Rotation", []design.Step{{Label: "Create", Done: true}, {Label: "Deploy", Current: true, Text: "Both work"}, {Label: "Revoke"}}))
}

func facts() templ.Component {
	return with(design.Card(design.CardProps{Title: "Details"}),
		design.Secret(design.SecretProps{ID: "client-id", Label: "Client ID", Value: "0oa9f2kq7LwTz1xYc5d7", Compact: true}),
		design.Secret(design.SecretProps{ID: "client-secret", Label: "Client secret", Value: "demo-Vq8_t3Hs0mXrNw6LkBzY2cPfJ1oQeUaD", Sensitive: true, Hint: "Shown once."}),
		design.KeyValues([]design.KV{{Key: "Auth strategy", Value: "Okta (DCR)"}, {Key: "Scopes", Value: "orders.read, pay.write", Mono: true},
			{Key: "Owner", Value: "Hana Sato"}, {Key: "Created", Content: design.Date(now)}, {Key: "Changed", Content: design.DateTime(now)}}))
}

func notes() templ.Component {
	var out []templ.Component
	for _, tone := range []design.Tone{design.Neutral, design.Info, design.OK, design.Warn, design.Bad} {
		out = append(out, with(design.Note(design.NoteProps{Tone: tone, Title: "The secret is shown once"}), text("We do not keep a copy. If you lose it, create a new one and revoke this one.")))
	}
	out = append(out, with(design.Note(design.NoteProps{Icon: "key"}), text("A note without a title.")))
	return element(`<div class="stack">`, out...)
}

func form() templ.Component {
	bad := field("description", "Description")
	bad.Error, bad.Hint = "Use at most 255 characters. This has 261.", "What it is for."
	off, optional, need := field("owner", "Owner"), field("redirect", "Redirect URI"), field("password", "Password")
	off.Disabled, optional.Optional, need.Required = true, true, true
	scopes := field("scopes", "Scopes")
	scopes.Hint = "With commas between them."
	return with(design.Card(design.CardProps{Title: "Create New Application", Class: "form"}), element(`<form method="post" id="create" class="stack" data-validate>`,
		design.ErrorSummary([]design.FieldError{{ID: "description", Message: "Use at most 255 characters."}, {Message: "Okta did not answer. Nothing was created."}}),
		design.Input(design.InputProps{Field: field("name", "Name"), Value: "Checkout service", Autocomplete: "off", MaxLength: 255, MinLength: 1, Attrs: templ.Attributes{"autofocus": true}}),
		design.Input(design.InputProps{Field: optional, Type: "url", Mono: true, Placeholder: "https://", Autocomplete: "url", InputMode: "url", After: design.Button(design.ButtonProps{Label: "Check", Icon: "play", Type: "button"})}),
		design.Textarea(design.TextareaProps{Field: bad, Value: "Takes card payments <in the web shop>.\n", Placeholder: "…", MaxLength: 255}),
		design.Select(design.SelectProps{Field: off, Options: []design.Option{{Value: "me", Label: "Me", Selected: true}, {Value: "team", Label: "Team Payments", Disabled: true}}}),
		design.Password(design.InputProps{Field: need, Autocomplete: "new-password", MinLength: 12, MaxLength: 200}),
		design.TagInput(design.TagProps{Field: scopes, Values: []string{"orders.read", "pay.write"}, Suggestions: []string{"refunds.write"}, Placeholder: "scope"}),
		with(design.CardFoot(), design.Checkbox(design.CheckProps{Field: field("stored", "I have stored the client secret")}),
			design.Button(design.ButtonProps{Label: "Proceed", IconAfter: "arrow-right", Kind: design.Primary}))))
}

func choices() templ.Component {
	strategy, scopes := field("strategy", "Auth strategy"), field("granted", "Scopes")
	strategy.Required, scopes.Optional, scopes.Error = true, true, "Choose at least one."
	remember := field("remember", "Remember this device")
	remember.Hint = "For 30 days."
	return with(design.Card(design.CardProps{Title: "Choices"}),
		design.RadioCards(design.ChoiceProps{Field: strategy, Options: []design.Option{
			{Value: "okta", Label: "Okta", Text: "Client credentials, registered in Okta.", Icon: "shield", Badge: "DCR", Selected: true},
			{Value: "key", Label: "API key", Text: "A key in a header.", Icon: "key"},
			{Value: "entra", Label: "Entra ID", Disabled: true, Reason: "This API needs Okta (DCR)."},
		}}),
		design.Checkboxes(design.ChoiceProps{Field: scopes, Options: []design.Option{{Value: "r", Label: "orders.read", Text: "See orders", Selected: true}, {Value: "w", Label: "orders.write"}}}),
		design.Switch(design.CheckProps{Field: field("mail", "Tell me by email"), Checked: true, Value: "yes"}),
		design.Checkbox(design.CheckProps{Field: remember, Checked: true}),
		with(design.FieldBox(field("own", "A control of a page's own")), templ.Raw(`<input id="own" type="date">`)),
		with(design.FormActions(),
			design.Button(design.ButtonProps{Label: "Delete", Icon: "trash", Kind: design.Danger, Name: "do", Value: "delete", Form: "create", Action: "/delete"}),
			design.Button(design.ButtonProps{Label: "Cancel", Kind: design.Ghost, Href: "/apps"}),
			design.Button(design.ButtonProps{Label: "Later", Disabled: true}),
			design.Button(design.ButtonProps{Label: ".env", Icon: "download", Small: true, Href: "/env", Download: true}),
			design.Button(design.ButtonProps{Label: "Read more", Kind: design.TextLink})))
}

func searching() templ.Component {
	return with(design.Card(design.CardProps{}), design.SearchResults([]design.SearchGroup{
		{Label: "APIs", Items: []design.SearchItem{{Href: "/apis/orders", Title: "Orders", Detail: "Take and follow orders", Icon: "box"}}},
		{Label: "Pages", Items: []design.SearchItem{{Href: "/guides/start", Title: "Getting started"}}},
	}))
}

func labels() templ.Component {
	out := []templ.Component{design.Badge(design.Info, "Beta"), design.Chip("v2.1.1"), design.Avatar("HS"), design.CopyButton("client-id", "Copy the client ID", false)}
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "TRACE"} {
		out = append(out, design.MethodBadge(m))
	}
	for _, name := range []string{"Checkout", "iOS", "Nightly", "Loyalty", "Orders", "Payments", "注文", "--"} {
		out = append(out, design.Glyph(name))
	}
	for _, s := range []string{"active", "expired", "expiring", "failed", "published", "rejected", "success", "unverified", "verified"} {
		out = append(out, design.StatusBadge(s))
	}
	out = append(out, design.IconGlyph("key", design.OK),
		design.IconButton(design.ButtonProps{Label: "Settings", Icon: "settings", Href: "/settings", Kind: design.Ghost}),
		design.IconButton(design.ButtonProps{Label: "Remove", Icon: "trash", Name: "remove", Value: "1"}),
		design.IconButton(design.ButtonProps{Label: "Rotate", Icon: "refresh", Dialog: "confirm"}),
		design.Menu(design.MenuProps{ID: "more", Label: "More", Text: true, Icon: "layers", Items: []design.MenuItem{{Label: "Show", Href: "/elsewhere"}}}))
	return element(`<div class="row">`, out...)
}

func empty() templ.Component {
	return with(design.Card(design.CardProps{}), with(design.Empty(design.EmptyProps{Icon: "app", Title: "No apps yet", Text: "An app holds the credentials you call APIs with."}),
		design.Button(design.ButtonProps{Label: "New App", Icon: "plus", Kind: design.Primary, Href: "/apps/new"})))
}

// once is the page of credentials that are shown once.
func once() templ.Component {
	return templ.Join(
		design.Head(design.HeadProps{Title: "Your credentials are ready", Lead: "Okta registered “Checkout service” as an OAuth client.", Icon: "key"}),
		with(design.Note(design.NoteProps{Tone: design.Warn, Title: "The secret is shown once"}), text("We do not keep a copy. If you lose it, create a new one and revoke this one.")),
		design.Secret(design.SecretProps{ID: "client-id", Label: "Client ID", Value: "0oa9f2kq7LwTz1xYc5d7"}),
		design.Secret(design.SecretProps{ID: "client-secret", Label: "Client secret", Value: "demo-Vq8_t3Hs0mXrNw6LkBzY2cPfJ1oQeUaD", Sensitive: true}),
		element(`<form method="post" data-confirm-leave data-validate>`, with(design.CardFoot(),
			design.Checkbox(design.CheckProps{Field: design.Field{Name: "stored", Label: "I have stored the client secret", Required: true},
				Attrs: templ.Attributes{"data-message": "Confirm that you have stored the secret. It cannot be shown again."}}),
			design.Button(design.ButtonProps{Label: "Proceed", IconAfter: "arrow-right", Kind: design.Primary}))))
}

// gallery serves every component: / in the page frame, /bare in the card, with ?lang= and ?theme=.
func gallery(t testing.TB) http.Handler {
	t.Helper()
	texts, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(design.AssetPrefix, design.Assets())
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // browsers ask for it now and then
	mux.HandleFunc("GET /theme.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		w.Write(design.Theme(150, 0.12))
	})
	page := func(frame func(design.Shell) templ.Component, body templ.Component) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			lang := texts.Choose(r, "", "en")
			s := shell(lang, design.Mode(r.URL.Query().Get("theme")))
			if c, err := r.Cookie("theme"); err == nil {
				s.Theme = design.Mode(c.Value)
			}
			if r.URL.Query().Has("brand") {
				s.Brand.ThemeURL, s.User, s.SignInHref, s.SignUpHref = "/theme.css", nil, "/login", "/signup"
			}
			w.Header().Set("Content-Security-Policy", design.ContentSecurityPolicy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := with(frame(s), body).Render(texts.With(r.Context(), lang), w); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("GET /{$}", page(design.Page, content()))
	mux.HandleFunc("GET /bare", page(design.Bare, once()))
	mux.HandleFunc("GET /console", page(console, call()))
	for path, body := range behaviour() {
		mux.HandleFunc("GET "+path, page(design.Page, body))
	}
	mux.HandleFunc("GET /search", page(design.Page, templ.Join(design.Head(design.HeadProps{Title: "Search"}), searching())))
	return mux
}
