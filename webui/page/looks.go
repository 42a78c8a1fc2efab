package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/content"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Reader is the visitor as the use cases for content want to know it.
func (v *Visit) Reader() content.Visitor {
	return content.Visitor{Portal: v.Portal.ID, SignedIn: v.Developer != nil}
}

// Looks are what a portal's team has chosen of its looks, with the addresses of
// what belongs to them; an address is empty where there is nothing.
type Looks struct {
	Design                        portico.Design
	ThemeURL, LogoURL, FaviconURL string
}

// dress gives the shell the portal's looks.
func (v *Visit) dress(s *design.Shell) error {
	chosen, err := v.site.Content.Visitors.Design(v.Context(), v.Reader())
	if err != nil {
		return err
	}
	looks := Looks{Design: chosen}
	if sheet := StyleSheet(chosen); len(sheet) > 0 {
		sum := sha256.Sum256(sheet)
		looks.ThemeURL = "/theme.css?v=" + hex.EncodeToString(sum[:6])
	}
	if looks.LogoURL, err = v.image(v.Context(), portico.AssetLogo); err != nil {
		return err
	}
	if looks.FaviconURL, err = v.image(v.Context(), portico.AssetFavicon); err != nil {
		return err
	}
	looks.onto(v.Context(), s, v.Portal, v.URL.Path)
	return nil
}

// Preview is the shell around a portal's front page, as a developer who is signed
// in sees it, in looks that need not be saved. user is what the developer is
// called.
func (l Looks) Preview(ctx context.Context, portal portico.Portal, user string) design.Shell {
	s := design.Shell{Title: NameOf(portal), Lang: i18n.Lang(ctx), Brand: design.Brand{Name: NameOf(portal)}, NoIndex: true}
	if portal.AuthenticationEnabled {
		s.User = &design.UserMenu{Name: user}
	}
	l.onto(ctx, &s, portal, "/")
	return s
}

// onto gives a shell colours, images and menus; path is the page's.
func (l Looks) onto(ctx context.Context, s *design.Shell, portal portico.Portal, path string) {
	if s.Theme == "" {
		s.Theme = design.Mode(l.Design.Theme.Mode)
	}
	s.Brand.ThemeURL, s.Brand.LogoURL, s.Brand.FaviconURL = l.ThemeURL, l.LogoURL, l.FaviconURL
	s.Nav = menu(ctx, portal, path, l.Design.Menu.Main)
	for _, section := range l.Design.Menu.FooterSections {
		if len(section.Items) > 0 {
			s.FooterParts = append(s.FooterParts, design.FooterPart{Title: section.Title, Links: links(section.Items)})
		}
	}
	s.Footer = links(l.Design.Menu.FooterBottom)
}

// image is the address of one of the portal's images, which changes with it;
// empty if there is none.
func (v *Visit) image(ctx context.Context, kind portico.AssetKind) (string, error) {
	asset, err := v.site.Content.Images.Get(ctx, content.OfPortal(v.Portal.ID), kind)
	if portico.KindOf(err) == portico.KindNotFound && err != nil {
		return "", nil
	}
	return "/" + string(kind) + "?v=" + strconv.FormatInt(asset.UpdatedAt.UnixMilli(), 36), err
}

// StyleSheet is a portal's own style sheet: its brand colour, and on top of
// Portico's rules what its team has written. It is empty for a portal that
// looks as Portico does.
func StyleSheet(looks portico.Design) []byte {
	var sheet []byte
	if hue, chroma, err := design.ThemeFromHex(looks.Theme.Colors.Primary); err == nil {
		sheet = design.Theme(hue, chroma)
	}
	if looks.CSS != nil && strings.TrimSpace(*looks.CSS) != "" {
		sheet = append(sheet, "@layer portal {\n"+*looks.CSS+"\n}\n"...)
	}
	return sheet
}

// menu is the portal's main menu: what Portico has, and what the portal's team
// has added. An item of theirs that leads to the same place renames it.
func menu(ctx context.Context, portal portico.Portal, path string, own []portico.MenuItem) []design.NavItem {
	items := []design.NavItem{{Href: "/apis", Label: i18n.T(ctx, "portal.nav_apis"), Icon: "layers"}}
	if portal.AuthenticationEnabled {
		items = append(items, design.NavItem{Href: "/apps", Label: i18n.T(ctx, "portal.nav_apps"), Icon: "app"})
	}
	for _, item := range own {
		at := slices.IndexFunc(items, func(known design.NavItem) bool { return known.Href == item.Path })
		if at < 0 {
			items = append(items, design.NavItem{Href: item.Path, Label: item.Title, Icon: "book"})
		} else {
			items[at].Label = item.Title
		}
	}
	for i := range items {
		under := items[i].Href != "/" && strings.HasPrefix(path, items[i].Href+"/")
		items[i].Current = path == items[i].Href || under
	}
	return items
}

func links(items []portico.MenuItem) []design.Link {
	out := make([]design.Link, len(items))
	for i, item := range items {
		out[i] = design.Link{Href: item.Path, Label: item.Title}
	}
	return out
}
