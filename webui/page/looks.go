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
)

// Reader is the visitor as the use cases for content want to know it.
func (v *Visit) Reader() content.Visitor {
	return content.Visitor{Portal: v.Portal.ID, SignedIn: v.Developer != nil}
}

// dress gives the shell what the portal's team has chosen: colours, images and
// menus.
func (v *Visit) dress(s *design.Shell) error {
	looks, err := v.site.Content.Visitors.Design(v.Context(), v.Reader())
	if err != nil {
		return err
	}
	if s.Theme == "" {
		s.Theme = design.Mode(looks.Theme.Mode)
	}
	if sheet := StyleSheet(looks); len(sheet) > 0 {
		sum := sha256.Sum256(sheet)
		s.Brand.ThemeURL = "/theme.css?v=" + hex.EncodeToString(sum[:6])
	}
	if s.Brand.LogoURL, err = v.image(v.Context(), portico.AssetLogo); err != nil {
		return err
	}
	if s.Brand.FaviconURL, err = v.image(v.Context(), portico.AssetFavicon); err != nil {
		return err
	}
	s.Nav = v.menu(looks.Menu.Main)
	for _, section := range looks.Menu.FooterSections {
		if len(section.Items) > 0 {
			s.FooterParts = append(s.FooterParts, design.FooterPart{Title: section.Title, Links: links(section.Items)})
		}
	}
	s.Footer = links(looks.Menu.FooterBottom)
	return nil
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
func (v *Visit) menu(own []portico.MenuItem) []design.NavItem {
	items := []design.NavItem{{Href: "/apis", Label: v.T("portal.nav_apis"), Icon: "layers"}}
	if v.Portal.AuthenticationEnabled {
		items = append(items, design.NavItem{Href: "/apps", Label: v.T("portal.nav_apps"), Icon: "app"})
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
		under := items[i].Href != "/" && strings.HasPrefix(v.URL.Path, items[i].Href+"/")
		items[i].Current = v.URL.Path == items[i].Href || under
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
