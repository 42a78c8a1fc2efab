package portico

import "time"

// PortalPage is a Markdown page of a portal, in a tree: its path is its
// ancestors' slugs and its own. (Portal, parent, slug) is unique; the page
// with slug "home" at the top is the portal's front page.
type PortalPage struct {
	ID          PageID
	PortalID    PortalID
	ParentID    *PageID
	Position    int // among its siblings, from 0
	Slug        string
	Title       string
	Content     string // Markdown, with front matter taken off
	Description *string
	Visibility  Visibility
	Published   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Snippet is a piece of Markdown that pages include by its name, which is
// unique in the portal.
type Snippet struct {
	ID          SnippetID
	PortalID    PortalID
	Name        string
	Title       string
	Content     string
	Description *string
	Visibility  Visibility
	Published   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Document is a Markdown document of an API, in a tree like a portal's pages.
type Document struct {
	ID        DocumentID
	APIID     APIID
	ParentID  *DocumentID
	Position  int
	Slug      string // unique within the API
	Title     string
	Content   string
	Published bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// ThemeMode says whether pages are light or dark.
type ThemeMode string

// The modes; ThemeSystem follows the visitor's own setting.
const (
	ThemeLight  ThemeMode = "light"
	ThemeDark   ThemeMode = "dark"
	ThemeSystem ThemeMode = "system"
)

// MenuItem is an entry of a portal's menus.
type MenuItem struct {
	Path       string     `json:"path"`
	Title      string     `json:"title"`
	Visibility Visibility `json:"visibility"`
	External   bool       `json:"external"`
}

// MenuSection is a titled group of the footer.
type MenuSection struct {
	Title string     `json:"title"`
	Items []MenuItem `json:"items"`
}

// Design is what an admin chooses of a portal's looks (contract:
// PortalCustomizationV3). Its JSON form is the wire's.
type Design struct {
	Theme struct {
		Name   string    `json:"name,omitempty"`
		Mode   ThemeMode `json:"mode,omitempty"`
		Colors struct {
			Primary string `json:"primary,omitempty"` // #rgb or #rrggbb; hue and chroma count
		} `json:"colors"`
	} `json:"theme"`
	Layout string  `json:"layout,omitempty"`
	CSS    *string `json:"css"`
	Menu   struct {
		Main           []MenuItem    `json:"main"`
		FooterSections []MenuSection `json:"footer_sections"`
		FooterBottom   []MenuItem    `json:"footer_bottom"`
	} `json:"menu"`
	SpecRenderer map[string]any `json:"spec_renderer,omitempty"`
	Robots       *string        `json:"robots"`
}

// Customization is a portal's design; a portal without one looks as Portico does.
type Customization struct {
	PortalID  PortalID // its id
	Design    Design
	CreatedAt time.Time
	UpdatedAt time.Time
}

// AssetKind is what an image is for.
type AssetKind string

// The kinds of image.
const (
	AssetLogo    AssetKind = "logo"
	AssetFavicon AssetKind = "favicon"
	AssetIcon    AssetKind = "icon"
)

// Asset is an image of a portal or of an API, never of both. There is one of a
// kind.
type Asset struct {
	ID        AssetID
	PortalID  *PortalID
	APIID     *APIID
	Kind      AssetKind
	MediaType string
	Data      []byte
	CreatedAt time.Time
	UpdatedAt time.Time
}

// EmailTemplate is a portal's own wording of a mail; what is nil stays as
// Portico words it. (Portal, name) is unique.
type EmailTemplate struct {
	ID          EmailTemplateID
	PortalID    PortalID
	Name        string // contract: EmailTemplateName
	Subject     *string
	Title       *string
	Body        *string
	ButtonLabel *string
	Enabled     bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// SearchKind is what a search finds.
type SearchKind string

// The kinds of find.
const (
	SearchAPI       SearchKind = "api"
	SearchOperation SearchKind = "operation"
	SearchDocument  SearchKind = "document"
	SearchPage      SearchKind = "page"
)

// SearchEntry is one thing that can be found, as the index keeps it. An entry
// of an API is seen by whoever sees the API; of a page, by whoever sees the page.
type SearchEntry struct {
	Kind        SearchKind
	EntityID    string // of the API, version, document or page that it was made from
	Fragment    string // operation: its operationId or "METHOD path"; otherwise empty
	APIID       APIID  // empty: a portal's page
	PortalID    PortalID
	Title       string
	Description string
	Text        string // what is searched beside title and description
}

// SearchQuery asks the index.
type SearchQuery struct {
	Text    string // every word of it must occur, in whatever case or width
	APIIDs  []APIID
	PageIDs []PageID
	Kinds   []SearchKind // empty: all
	Size    int
	Offset  int
}
