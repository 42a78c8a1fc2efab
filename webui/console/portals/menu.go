package portals

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/content"
	"portico/webui/desk"
)

func (p pages) menuRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/menu", p.menu, access.View),
		p.on("POST", "/menu", p.saveMenu, access.Appearance).As("update-portal-customization"),
	}
}

// The form has a row for each item, and some empty ones; a row is named by its
// menu and its number, as main.0. A section of the footer is sections.0, and its
// rows sections.0.items.0.
const (
	mainMenu   = "main"
	bottomMenu = "bottom"
	sections   = "sections"
	spareRows  = 2
	maxRows    = 100 // of one menu, as many as a design has
	maxMenuTo  = 512 // characters (contract: PortalMenuItem)
)

func sectionMenu(i int) string { return sections + "." + strconv.Itoa(i) }

func itemsOf(section string) string { return section + ".items" }

// menuView is the tab Menu.
type menuView struct {
	sheet
	Portal   portal
	Sections int // how many the form has, an empty one among them
}

// rows is how many rows of a menu the form shows: those that hold something, and
// some more.
func (m menuView) rows(menu string) int {
	return min(countRows(m.Form.Values, menu)+spareRows, maxRows)
}

func countRows(values url.Values, menu string) int {
	n := 0
	for values.Has(fmt.Sprintf("%s.%d.title", menu, n)) && (filled(values, menu, n)) {
		n++
	}
	return n
}

func filled(values url.Values, menu string, i int) bool {
	row := fmt.Sprintf("%s.%d.", menu, i)
	return strings.TrimSpace(values.Get(row+"title")+values.Get(row+"path")) != ""
}

func (p pages) menu(w http.ResponseWriter, v *desk.Visit, one portal) error {
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	values := url.Values{}
	fill := func(menu string, items []portico.MenuItem) {
		for i, item := range items {
			row := fmt.Sprintf("%s.%d.", menu, i)
			values.Set(row+"title", item.Title)
			values.Set(row+"path", item.Path)
			values.Set(row+"visibility", string(item.Visibility))
			values.Set(row+"order", strconv.Itoa(i+1))
		}
	}
	fill(mainMenu, looks.Menu.Main)
	fill(bottomMenu, looks.Menu.FooterBottom)
	for i, section := range looks.Menu.FooterSections {
		values.Set(sectionMenu(i)+".title", section.Title)
		fill(itemsOf(sectionMenu(i)), section.Items)
	}
	return p.showMenu(w, v, one, http.StatusOK, v.EmptyForm(values), nil)
}

func (p pages) showMenu(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := menuView{Portal: one, sheet: sheet{Form: f, Call: call, Action: one.Path(tabMenu), May: one.May(access.Appearance), Submit: v.T("portals.save")}}
	for strings.TrimSpace(f.Value(sectionMenu(view.Sections)+".title")) != "" || filled(f.Values, itemsOf(sectionMenu(view.Sections)), 0) {
		view.Sections++
	}
	view.Sections = min(view.Sections+1, maxRows)
	return v.Render(w, status, v.T("portals.tab_menu"), menuPage(view))
}

func (p pages) saveMenu(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	faults := map[string]string{}
	main, bottom := readRows(f, mainMenu, "menu.main", faults), readRows(f, bottomMenu, "menu.footer_bottom", faults)
	parts := readSections(f, faults)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/customization"), Body: body{"menu": body{"main": main, "footer_bottom": bottom, "footer_sections": parts}}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Designs.Update(v.Context(), one.ID, content.DesignFields{Main: portico.Some(main), FooterBottom: portico.Some(bottom), FooterSections: portico.Some(parts)})
			return v.To(one.Path(tabMenu), "portals.saved"), err
		},
		Fields: faults,
		Show:   func(status int, call templ.Component) error { return p.showMenu(w, v, one, status, f, call) },
	})
}

// readRows reads the rows of a menu that hold something, in their order; faults
// learns which field of the form is which of the design's, named by at.
func readRows(f *desk.Form, menu, at string, faults map[string]string) []portico.MenuItem {
	type placed struct {
		portico.MenuItem
		order int
		row   string
	}
	var rows []placed
	for i := range maxRows {
		row := fmt.Sprintf("%s.%d.", menu, i)
		if !filled(f.Values, menu, i) {
			continue
		}
		order, err := strconv.Atoi(f.Value(row + "order"))
		if err != nil {
			order = maxRows + i // a new row comes last
		}
		path := f.Text(row+"path", true, maxMenuTo)
		item := portico.MenuItem{
			Title: f.Text(row+"title", true, maxName), Path: path, Visibility: portico.Visibility(f.Choice(row+"visibility", visibilities()...)),
			External: !strings.HasPrefix(path, "/"),
		}
		rows = append(rows, placed{item, order, row})
	}
	slices.SortStableFunc(rows, func(a, b placed) int { return cmp.Compare(a.order, b.order) })
	out := []portico.MenuItem{}
	for i, r := range rows {
		out = append(out, r.MenuItem)
		faults[fmt.Sprintf("%s.%d.path", at, i)], faults[fmt.Sprintf("%s.%d.title", at, i)] = r.row+"path", r.row+"title"
	}
	return out
}

func readSections(f *desk.Form, faults map[string]string) []portico.MenuSection {
	out := []portico.MenuSection{}
	for i := range maxRows {
		section := sectionMenu(i)
		if strings.TrimSpace(f.Value(section+".title")) == "" && !filled(f.Values, itemsOf(section), 0) {
			continue
		}
		at := fmt.Sprintf("menu.footer_sections.%d", len(out))
		faults[at+".title"] = section + ".title"
		out = append(out, portico.MenuSection{Title: f.Text(section+".title", true, maxName), Items: readRows(f, itemsOf(section), at+".items", faults)})
	}
	return out
}
