package content

import (
	"context"
	"embed"
	"slices"

	"portico"
	"portico/usecase"
)

// Defaults is what a new portal can be filled with, in its own language.
type Defaults struct{ usecase.Deps }

//go:embed defaults
var texts embed.FS

// Created says what of the default content was not there before, by the paths
// of pages and the names of snippets.
type Created struct {
	Pages    []string
	Snippets []string
}

// Create adds a public home page, a guide and a menu. What is there already, at
// those addresses or in the menu, stays as it is. KindNotFound (portal).
func (d Defaults) Create(ctx context.Context, portal portico.PortalID) (Created, error) {
	owner, err := usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Portal, error) { return tx.Portals().ByID(ctx, portal) })
	if err != nil {
		return Created{}, err
	}
	language, guide := "en", "Getting started"
	if owner.Language == "ja" {
		language, guide = "ja", "はじめに"
	}
	created := Created{Pages: []string{}, Snippets: []string{}}
	for _, page := range []struct{ path, slug, file string }{{"/", "home", "home.md"}, {"/getting-started", "getting-started", "getting-started.md"}} {
		there, err := d.taken(ctx, portal, page.path)
		if err != nil {
			return created, err
		}
		if there {
			continue
		}
		text, err := texts.ReadFile("defaults/" + language + "/" + page.file)
		if err != nil {
			return created, err
		}
		_, err = Pages(d).Create(ctx, portal, PageFields{
			Slug: portico.Some(page.slug), Content: portico.Some(string(text)),
			Visibility: portico.Some(portico.Public), Published: portico.Some(true),
		})
		if err != nil {
			return created, err
		}
		created.Pages = append(created.Pages, page.path)
	}
	return created, d.addMenu(ctx, portal, []portico.MenuItem{
		{Path: "/getting-started", Title: guide, Visibility: portico.Public},
	})
}

// taken reports whether there is a page at a path, published or not.
func (d Defaults) taken(ctx context.Context, portal portico.PortalID, path string) (bool, error) {
	slugs := []string{FrontSlug, "home", "/home"}
	if path != FrontSlug {
		slugs = spellings(segment(path)).Values
	}
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (bool, error) {
		found, err := tx.Pages().List(ctx, portico.Everything(portico.Where("portal_id", portal),
			portico.Filter{Field: "slug", Op: portico.OpAnyEqual, Values: slugs}))
		return slices.ContainsFunc(found.Items, func(p portico.PortalPage) bool { return p.ParentID == nil }), err
	})
}

func (d Defaults) addMenu(ctx context.Context, portal portico.PortalID, items []portico.MenuItem) error {
	design, err := Designs(d).Of(ctx, portal)
	if err != nil || len(design.Menu.Main) > 0 {
		return err
	}
	_, err = Designs(d).Update(ctx, portal, DesignFields{Main: portico.Some(items)})
	return err
}
