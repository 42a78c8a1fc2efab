package design

// Mode is what a person or a portal asks of light and dark.
type Mode string

// The modes. The zero value is System.
const (
	System Mode = "system"
	Light  Mode = "light"
	Dark   Mode = "dark"
)

// Shell is everything around a page's own content.
type Shell struct {
	Title       string // of the page; the document's title is "Title · Brand.Name"
	Description string // one sentence for search engines; may be empty
	Lang        string // BCP 47, as in <html lang>
	Theme       Mode   // what this person sees: own choice, else the portal's
	Path        string // path and query of this page: where changing the theme leads back to
	Brand       Brand
	Nav         []NavItem
	User        *UserMenu // nil: nobody is signed in
	SignInHref  string    // shown while nobody is signed in; "" hides the link
	SignUpHref  string
	Languages   []Language // fewer than two: no menu
	Search      Search
	Flash       *Flash
	FooterParts []FooterPart // titled groups of links above the footer's last line
	Footer      []Link
	FooterText  string   // plain text at the end of the footer
	Wide        bool     // use the whole width, as the API reference does
	NoIndex     bool     // ask search engines to stay away
	Modules     []string // further script modules of this page, as paths: AssetURL(…) or another own path
}

// Brand is how a portal presents itself.
type Brand struct {
	Name       string
	HomeHref   string // "" means "/"
	LogoURL    string // "" draws the built-in mark
	FaviconURL string // "" uses the built-in mark
	ThemeURL   string // the style sheet made by Theme; "" keeps the built-in colours
}

func (b Brand) home() string {
	if b.HomeHref == "" {
		return "/"
	}
	return b.HomeHref
}

// FooterPart is a titled group of links in the footer.
type FooterPart struct {
	Title string
	Links []Link
}

// Link is a text that leads somewhere.
type Link struct{ Href, Label string }

// NavItem is an entry of the main navigation; on narrow screens it needs its icon.
type NavItem struct {
	Href, Label, Icon string
	Current           bool
}

// UserMenu is what is behind the avatar.
type UserMenu struct {
	Name, Email string
	Initials    string // one or two letters; "" derives them from Name
	Items       []MenuItem
}

// Language is a choice of the language menu, named in itself ("English", "日本語").
type Language struct {
	Code, Label, Href string
	Current           bool
}

// Search says where searching happens. Action answers GET ?q=; with &palette=1 it answers only [SearchResults].
type Search struct{ Action string }

// Tone colours a message by its meaning; the words carry the meaning too.
type Tone string

// The tones. The zero value is Neutral.
const (
	Neutral Tone = ""
	OK      Tone = "ok"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	Info    Tone = "info"
)

func (t Tone) class() string {
	if t == Neutral {
		return "neutral"
	}
	return string(t)
}

func (t Tone) icon() string {
	switch t {
	case OK:
		return "check-circle"
	case Warn:
		return "warning"
	case Bad:
		return "alert"
	default:
		return "info"
	}
}

// Flash tells once, on the page that follows, how an action went.
type Flash struct {
	Tone    Tone
	Message string
	Detail  string // a second sentence; may be empty
	Action  *Link  // for instance "Show application"
}

// MenuItem is a line of a menu: a link (Href), an action (Post), or a button that opens a dialog (Dialog).
type MenuItem struct {
	Label, Icon string
	Href        string
	Post        string // action of a form of its own
	Name, Value string // sent with Post
	Dialog      string // id of a Dialog on this page
	Danger      bool
	Current     bool
	Disabled    bool
	Reason      string // why it is disabled, shown under the label
}

// MenuProps describe a button and the menu it opens.
type MenuProps struct {
	ID    string // unique on the page
	Label string // of the button; its accessible name when only an icon is shown
	Icon  string // "" means "more"
	Text  bool   // show the label, not only the icon
	Items []MenuItem
}

// themeChoice is a line of the theme menu.
type themeChoice struct {
	mode      Mode
	icon, key string
}

func themeChoices() []themeChoice {
	return []themeChoice{
		{Light, "sun", "design.theme_light"},
		{Dark, "moon", "design.theme_dark"},
		{System, "monitor", "design.theme_system"},
	}
}

func (s Shell) theme() Mode {
	if s.Theme == "" {
		return System
	}
	return s.Theme
}

func (s Shell) title() string {
	switch {
	case s.Title == "":
		return s.Brand.Name
	case s.Brand.Name == "" || s.Brand.Name == s.Title:
		return s.Title
	}
	return s.Title + " · " + s.Brand.Name
}
