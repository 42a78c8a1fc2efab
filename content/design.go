package content

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"portico"
	"portico/usecase"
)

// Designs are how portals look: theme, menus, style sheet.
type Designs struct{ usecase.Deps }

// DesignFields are the settings of a design. An absent field stays as it is, or
// is as Portico has it where the whole design is replaced; so does a null one.
type DesignFields struct {
	Name           portico.Opt[string]
	Mode           portico.Opt[portico.ThemeMode]
	Primary        portico.Opt[string]
	Layout         portico.Opt[string]
	CSS            portico.Opt[string]
	Main           portico.Opt[[]portico.MenuItem]
	FooterSections portico.Opt[[]portico.MenuSection]
	FooterBottom   portico.Opt[[]portico.MenuItem]
	SpecRenderer   map[string]bool // those that are mentioned
	Robots         portico.Opt[string]
}

// SpecRendererSettings are the settings of the API reference by their names in
// the contract, with what they are unless somebody says otherwise.
func SpecRendererSettings() map[string]bool {
	return map[string]bool{
		"try_it_ui": true, "try_it_insomnia": true, "infinite_scroll": true, "show_schemas": true,
		"hide_internal": false, "hide_deprecated": false, "allow_custom_server_urls": true,
	}
}

// The limits of a design's parts.
const (
	maxMenu   = 100     // items of one menu
	maxRobots = 10_000  // characters
	maxCSS    = 100_000 // bytes
	maxPath   = 512     // characters (contract: PortalMenuItem)
	maxLabel  = 255     // characters
)

var (
	hexColour  = regexp.MustCompile(`^#([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$`)
	layoutName = regexp.MustCompile(`^[\w-]{1,64}$`)
)

// Of returns a portal's design; that of a portal which nobody has designed is
// empty. KindNotFound (portal).
func (d Designs) Of(ctx context.Context, portal portico.PortalID) (portico.Design, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Design, error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return portico.Design{}, err
		}
		return designOf(ctx, tx, portal)
	})
}

func designOf(ctx context.Context, tx portico.Tx, portal portico.PortalID) (portico.Design, error) {
	c, err := tx.Customizations().ByID(ctx, portal)
	if portico.KindOf(err) == portico.KindNotFound {
		c, err = portico.Customization{}, nil
	}
	return normal(c.Design), err
}

// normal has lists where there are none: that is how the wire has them.
func normal(d portico.Design) portico.Design {
	list := func(items *[]portico.MenuItem) {
		if *items == nil {
			*items = []portico.MenuItem{}
		}
	}
	list(&d.Menu.Main)
	list(&d.Menu.FooterBottom)
	d.Menu.FooterSections = slices.Clone(d.Menu.FooterSections)
	if d.Menu.FooterSections == nil {
		d.Menu.FooterSections = []portico.MenuSection{}
	}
	for i := range d.Menu.FooterSections {
		list(&d.Menu.FooterSections[i].Items)
	}
	return d
}

// Replace sets a portal's design as a whole. KindNotFound (portal), KindInvalid.
func (d Designs) Replace(ctx context.Context, portal portico.PortalID, in DesignFields) (portico.Design, error) {
	return d.save(ctx, portal, func(portico.Design) portico.Design { return in.onto(portico.Design{}) })
}

// Update changes parts of a portal's design; a menu is one part. KindNotFound
// (portal), KindInvalid.
func (d Designs) Update(ctx context.Context, portal portico.PortalID, in DesignFields) (portico.Design, error) {
	return d.save(ctx, portal, in.onto)
}

// Preview is what Update would make of a portal's design; nothing is changed.
// KindNotFound (portal), KindInvalid.
func (d Designs) Preview(ctx context.Context, portal portico.PortalID, in DesignFields) (portico.Design, error) {
	old, err := d.Of(ctx, portal)
	if err != nil {
		return portico.Design{}, err
	}
	wanted := normal(in.onto(old))
	return wanted, checkDesign(wanted)
}

func (d Designs) save(ctx context.Context, portal portico.PortalID, change func(portico.Design) portico.Design) (portico.Design, error) {
	var design portico.Design
	err := d.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return err
		}
		old, err := designOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		design = normal(change(old))
		if err := checkDesign(design); err != nil {
			return err
		}
		_, err = tx.Customizations().Change(ctx, portal, func(c *portico.Customization) error {
			c.Design = design
			return nil
		})
		if portico.KindOf(err) == portico.KindNotFound {
			now := d.Now()
			err = tx.Customizations().Insert(ctx, portico.Customization{PortalID: portal, Design: design, CreatedAt: now, UpdatedAt: now})
		}
		return err
	})
	return design, err
}

// onto is a design with the fields written over it.
func (in DesignFields) onto(to portico.Design) portico.Design {
	in.Name.Apply(&to.Theme.Name)
	in.Mode.Apply(&to.Theme.Mode)
	in.Primary.Apply(&to.Theme.Colors.Primary)
	in.Layout.Apply(&to.Layout)
	in.CSS.ApplyPtr(&to.CSS)
	in.Main.Apply(&to.Menu.Main)
	in.FooterSections.Apply(&to.Menu.FooterSections)
	in.FooterBottom.Apply(&to.Menu.FooterBottom)
	in.Robots.ApplyPtr(&to.Robots)
	if in.SpecRenderer != nil {
		merged := map[string]any{}
		for name, on := range to.SpecRenderer {
			merged[name] = on
		}
		for name, on := range in.SpecRenderer {
			merged[name] = on
		}
		to.SpecRenderer = merged
	}
	return to
}

// checkDesign names every fault of a design, by the fields of the contract.
func checkDesign(d portico.Design) error {
	var faults []portico.InvalidParameter
	fault := func(field, rule, reason string) {
		faults = append(faults, portico.InvalidParameter{Field: field, Rule: rule, Reason: reason})
	}
	if utf8.RuneCountInString(d.Theme.Name) > maxLabel {
		fault("theme.name", "invalid", "must have at most 255 characters")
	}
	if c := d.Theme.Colors.Primary; c != "" && !hexColour.MatchString(c) {
		fault("theme.colors.primary", "matches_regex", "must be a colour such as #2b6cb0")
	}
	if d.Layout != "" && !layoutName.MatchString(d.Layout) {
		fault("layout", "invalid", "must be the name of a layout: letters, digits, hyphens and underscores, at most 64")
	}
	if d.CSS != nil {
		if len(*d.CSS) > maxCSS {
			fault("css", "invalid", fmt.Sprintf("must have at most %d bytes", maxCSS))
		} else if err := checkCSS(*d.CSS); err != nil {
			fault("css", "invalid", err.Error())
		}
	}
	if d.Robots != nil && utf8.RuneCountInString(*d.Robots) > maxRobots {
		fault("robots", "invalid", fmt.Sprintf("must have at most %d characters", maxRobots))
	}
	checkMenu(d.Menu.Main, "menu.main", fault)
	checkMenu(d.Menu.FooterBottom, "menu.footer_bottom", fault)
	if len(d.Menu.FooterSections) > maxMenu {
		fault("menu.footer_sections", "invalid", fmt.Sprintf("must have at most %d sections", maxMenu))
	}
	for i, section := range d.Menu.FooterSections {
		at := fmt.Sprintf("menu.footer_sections.%d", i)
		checkTitle(section.Title, at+".title", fault)
		checkMenu(section.Items, at+".items", fault)
	}
	if faults != nil {
		return portico.InvalidAll(faults...)
	}
	return nil
}

func checkTitle(title, field string, fault func(field, rule, reason string)) {
	if n := utf8.RuneCountInString(strings.TrimSpace(title)); n == 0 || n > maxLabel {
		fault(field, "invalid", "must have 1 to 255 characters")
	}
}

func checkMenu(items []portico.MenuItem, field string, fault func(field, rule, reason string)) {
	if len(items) > maxMenu {
		fault(field, "invalid", fmt.Sprintf("must have at most %d items", maxMenu))
		return
	}
	for i, item := range items {
		at := fmt.Sprintf("%s.%d", field, i)
		checkTitle(item.Title, at+".title", fault)
		if reason := pathFault(item.Path); reason != "" {
			fault(at+".path", "invalid", reason)
		}
	}
}

// pathFault says why a menu cannot lead there. A path of the portal's own, a place
// on the page, or the address of a web page elsewhere, is all that it leads to.
func pathFault(path string) string {
	u, err := url.Parse(path)
	switch {
	case utf8.RuneCountInString(path) > maxPath:
		return "must have at most 512 characters"
	case err != nil || strings.ContainsAny(path, "\\\x00\n\r\t"):
		return "is no address"
	case strings.HasPrefix(path, "#"), strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//"):
		return ""
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil:
		return ""
	}
	return "must begin with a slash or #, or be an http or https address"
}
