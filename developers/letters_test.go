package developers

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portico"
	"portico/usecase"
)

func desk() Letters {
	return Letters{usecase.Deps{PortalDomain: "portal.example", PortalURL: func(domain string) string { return "https://" + domain }}}
}

// TestWordings holds that every mail is worded in both languages with the
// variables that it has, and no others.
func TestWordings(t *testing.T) {
	t.Parallel()
	en, ja := englishWording(), japaneseWording()
	if !slices.Equal(slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ja))) {
		t.Errorf("worded in English %v, in Japanese %v", slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ja)))
	}
	for _, template := range (Templates{}).Defaults() {
		for language, words := range map[string]Wording{english: en[template.Name], japanese: ja[template.Name]} {
			if words.Subject == "" || words.Title == "" || words.Body == "" || template.Label == "" {
				t.Errorf("%s lacks words (%s): %+v", template.Name, language, words)
			}
			if err := checkVariables(template, words); err != nil {
				t.Errorf("%s (%s): %v", template.Name, language, err)
			}
		}
	}
	for name := range en {
		if mentioned(en[name]) != mentioned(ja[name]) {
			t.Errorf("%s mentions %s in English, %s in Japanese", name, mentioned(en[name]), mentioned(ja[name]))
		}
	}
}

// mentioned are the variables of a wording.
func mentioned(w Wording) string {
	names := map[string]bool{}
	for _, found := range variable.FindAllStringSubmatch(w.Subject+w.Title+w.Body+w.ButtonLabel, -1) {
		names[found[2]] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}

func TestLanguageOfMails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ developer, portal, want string }{
		{"", "", english}, {"ja", "", japanese}, {"", "ja", japanese}, {"en", "ja", english}, {"ja-JP", "en", japanese}, {"fr", "ja", japanese}, {"fr", "de", english},
	} {
		if got := languageOf(portico.Portal{Language: test.portal}, portico.Developer{Language: test.developer}); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// TestValuesAreText lets a developer have a name that would be Markdown, HTML or
// a variable if it were read as such.
func TestValuesAreText(t *testing.T) {
	t.Parallel()
	const name = `<script>alert(1)</script> **bold** [x](https://evil.example) {{developer_email}}`
	words := Wording{"For {{developer_fullname}}", "{{ developer_fullname }}", "Hello **{{developer_fullname}}**,\n\n<b>raw</b> [portal](https://{{portal_domain}}/)[bad](javascript:alert(1)) {{unknown}} {{7*7}}", "Go, {{developer_fullname}}"}
	letter := Letter{Template: "reset-password", To: portico.Developer{FullName: name, Email: "d@dev.example"}, Path: "/reset-password", Token: "a&b", Reason: "<i>why</i>"}
	m, err := desk().compose(portico.Portal{DisplayName: "A & B", Subdomain: "acme"}, sender{}, letter, words, english)
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "For "+name || m.Link != "https://acme.portal.example/reset-password?token=a%26b" || !strings.Contains(m.Text, "Hello **"+name+"**,") || !strings.Contains(m.Text, m.Link) {
		t.Errorf("subject %q, link %q, text %q", m.Subject, m.Link, m.Text)
	}
	document, err := html.Parse(strings.NewReader(m.HTML))
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for n := range document.Descendants() {
		switch n.Data {
		case "script", "b", "i", "img", "style":
			if n.Type == html.ElementNode {
				t.Errorf("the mail has an element %s", n.Data)
			}
		case "a":
			for _, a := range n.Attr {
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
	}
	if want := []string{"https://acme.portal.example/", m.Link, m.Link, "https://acme.portal.example"}; !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt; **bold**", "{{unknown}} {{7*7}}", "&lt;i&gt;why&lt;/i&gt;", "<strong>&lt;script&gt;"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the mail lacks %q:\n%s", want, m.HTML)
		}
	}
}

// TestStrangersPutNoLinksIntoMails signs somebody else's address up with a name
// that is a text with a link.
func TestStrangersPutNoLinksIntoMails(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Dora D. Developer": "Dora D. Developer", "J.R. Smith, Jr.": "J.R. Smith, Jr.", "山田 花子": "山田 花子",
		"You have won: https://evil.example": "d@dev.example", "see evil.example now": "d@dev.example", "mail to a@b": "d@dev.example", `\\host`: "d@dev.example",
	} {
		if got := greeting(portico.Developer{FullName: name, Email: "d@dev.example"}); got != want {
			t.Errorf("%q is greeted as %q", name, got)
		}
	}
	made := Accounts{Deps: usecase.Deps{Now: time.Now}}.account(portico.Portal{}, "D@dev.example", " Dora\r\n\r\nYour account\u2028is\x00 closed ")
	if made.FullName != "Dora Your account is closed" {
		t.Errorf("the name is %q", made.FullName)
	}
}

func TestEmptyValuesLeaveNoGap(t *testing.T) {
	t.Parallel()
	if got := fill("the API {{a}} {{b}}.", map[string]string{"a": "Flights", "b": ""}); got != "the API Flights." {
		t.Error(got)
	}
}

// FuzzRender holds that no wording and no value gets a script into a mail.
func FuzzRender(f *testing.F) {
	f.Add("Hello {{a}}", "<script>")
	f.Add("[x]({{a}})", "javascript:alert(1)")
	f.Add("![x]({{a}} \"{{a}}\")\n\n<{{a}}>", "\" onerror=\"x")
	forbidden := regexp.MustCompile(`(?i)^(script|iframe|object|embed|form|style)$`)
	f.Fuzz(func(t *testing.T, markdown, value string) {
		out, err := render(markdown, map[string]string{"a": value})
		if err != nil {
			t.Skip(err)
		}
		nodes, err := html.Parse(strings.NewReader(string(out)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range nodes.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if forbidden.MatchString(n.Data) {
				t.Errorf("%q and %q give %s", markdown, value, out)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					t.Errorf("%q and %q give %s", markdown, value, out)
				}
			}
		}
	})
}
