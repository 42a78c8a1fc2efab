package content

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico"
	"portico/usecase"
)

// Pages are the Markdown pages of portals, for those who write them.
type Pages struct{ usecase.Deps }

// PageFields are the settings of a page. For a new one an absent field means
// its default; in an update, that it stays as it is. A title and a description
// in the content's front matter win over those here.
type PageFields struct {
	Slug        portico.Opt[string]
	Content     portico.Opt[string]
	Title       portico.Opt[string]
	Description portico.Opt[string]
	Visibility  portico.Opt[portico.Visibility]
	Published   portico.Opt[bool]
	ParentID    portico.Opt[portico.PageID]
}

// FrontSlug is the slug of a portal's front page; the slug home, at the top,
// does as well.
const FrontSlug = "/"

// The limits of texts, in characters (contract: PageTitle, Description).
const (
	maxTitle       = 512
	maxDescription = 160
)

func pageTree(tx portico.Tx, portal portico.PortalID) tree[portico.PageID, portico.PortalPage] {
	return tree[portico.PageID, portico.PortalPage]{
		all: tx.Pages(), scope: portico.Where("portal_id", portal), field: "parent_page_id", noun: "page",
		id:       func(p *portico.PortalPage) portico.PageID { return p.ID },
		parent:   func(p *portico.PortalPage) **portico.PageID { return &p.ParentID },
		position: func(p *portico.PortalPage) *int { return &p.Position },
	}
}

// Create adds a page, as the last of its siblings. Unless the fields say
// otherwise it is unpublished, as visible as the portal's pages are by default,
// and titled by its first heading. KindNotFound (portal), KindInvalid (slug,
// parent, front matter), KindConflict (the slug is taken in this place).
func (p Pages) Create(ctx context.Context, portal portico.PortalID, in PageFields) (portico.PortalPage, error) {
	var page portico.PortalPage
	err := p.Store.Update(ctx, func(tx portico.Tx) error {
		owner, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return err
		}
		now := p.Now()
		page = portico.PortalPage{ID: portico.PageID(p.NewID()), PortalID: portal, Visibility: owner.DefaultPageVisibility, CreatedAt: now, UpdatedAt: now}
		if err := in.write(&page); err != nil {
			return err
		}
		if page.Title == "" {
			page.Title = titleOf(page)
		}
		if page.Position, err = pageTree(tx, portal).place(ctx, page.ID, page.ParentID, -1); err != nil {
			return err
		}
		if err := checkPath(ctx, tx, page); err != nil {
			return err
		}
		if err := tx.Pages().Insert(ctx, page); err != nil {
			return err
		}
		return indexPage(ctx, tx, page)
	})
	return page, err
}

// Tree returns the pages that the query holds for, without their texts; of the
// query, filters and order count.
func (p Pages) Tree(ctx context.Context, portal portico.PortalID, q portico.ListQuery) ([]Node[portico.PortalPage], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) ([]Node[portico.PortalPage], error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return nil, err
		}
		t := pageTree(tx, portal)
		items, err := t.outline(ctx, q)
		return t.grow(items), err
	})
}

// ByID returns a page of a portal; KindNotFound.
func (p Pages) ByID(ctx context.Context, portal portico.PortalID, id portico.PageID) (portico.PortalPage, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.PortalPage, error) { return pageOf(ctx, tx, portal, id) })
}

func pageOf(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.PageID) (portico.PortalPage, error) {
	page, err := tx.Pages().ByID(ctx, id)
	if err == nil && page.PortalID != portal {
		err = portico.NotFound("page", id)
	}
	return page, err
}

// Update changes a page; errors as with Create, and KindNotFound.
func (p Pages) Update(ctx context.Context, portal portico.PortalID, id portico.PageID, in PageFields) (portico.PortalPage, error) {
	var page portico.PortalPage
	err := p.Store.Update(ctx, func(tx portico.Tx) error {
		old, err := pageOf(ctx, tx, portal, id)
		if err != nil {
			return err
		}
		parent := old.ParentID
		if in.ParentID.ApplyPtr(&parent); !same(parent, old.ParentID) {
			if old.Position, err = pageTree(tx, portal).place(ctx, id, parent, -1); err != nil {
				return err
			}
		}
		page, err = tx.Pages().Change(ctx, id, func(to *portico.PortalPage) error {
			to.Position = old.Position
			if err := in.write(to); err != nil {
				return err
			}
			return checkPath(ctx, tx, *to)
		})
		if err != nil {
			return err
		}
		return indexPage(ctx, tx, page)
	})
	return page, err
}

// Move puts a page below another, or at the top, at an index among its siblings
// that may count from the end: -1 is the last. KindNotFound, KindInvalid (no
// such parent), KindConflict (below itself; the slug is taken there).
func (p Pages) Move(ctx context.Context, portal portico.PortalID, id portico.PageID, parent *portico.PageID, index int) error {
	return p.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := pageOf(ctx, tx, portal, id); err != nil {
			return err
		}
		position, err := pageTree(tx, portal).place(ctx, id, parent, index)
		if err != nil {
			return err
		}
		_, err = tx.Pages().Change(ctx, id, func(to *portico.PortalPage) error {
			to.ParentID, to.Position = parent, position
			return checkPath(ctx, tx, *to)
		})
		return err
	})
}

// Delete removes a page and those below it; KindNotFound.
func (p Pages) Delete(ctx context.Context, portal portico.PortalID, id portico.PageID) error {
	return p.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := pageOf(ctx, tx, portal, id); err != nil {
			return err
		}
		gone, err := pageTree(tx, portal).subtree(ctx, id)
		for i := 0; err == nil && i < len(gone); i++ {
			err = tx.Index(ctx, portico.SearchPage, string(gone[i]), nil)
		}
		if err != nil {
			return err
		}
		return tx.Pages().Delete(ctx, id)
	})
}

// write applies the fields, the front matter's over the others.
func (in PageFields) write(to *portico.PortalPage) error {
	in.Slug.Apply(&to.Slug)
	in.Content.Apply(&to.Content)
	in.Title.Apply(&to.Title)
	in.Description.ApplyPtr(&to.Description)
	in.Visibility.Apply(&to.Visibility)
	in.Published.Apply(&to.Published)
	in.ParentID.ApplyPtr(&to.ParentID)
	if in.Content.Set {
		m, _, err := split(to.Content)
		if err != nil {
			return err
		}
		if m.Title != nil && strings.TrimSpace(*m.Title) != "" {
			to.Title = strings.TrimSpace(*m.Title)
		}
		if m.Description != nil {
			to.Description = m.Description
		}
		if err := checkMatter(to.Title, to.Description); err != nil {
			return err
		}
	}
	return checkSlug(to.Slug, to.ParentID == nil)
}

// checkMatter holds front matter to the limits that the fields have.
func checkMatter(title string, description *string) error {
	if utf8.RuneCountInString(title) > maxTitle {
		return portico.Invalid("content", "invalid", "The front matter's title has more than 512 characters.")
	}
	if description != nil && utf8.RuneCountInString(*description) > maxDescription {
		return portico.Invalid("content", "invalid", "The front matter's description has more than 160 characters.")
	}
	return nil
}

// checkSlug holds slugs to what can be a part of an address, in whatever
// script. One slash may stand before it; the slash alone is the front page.
func checkSlug(slug string, atTop bool) error {
	segment := segment(slug)
	inner := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.Is(unicode.M, c) && !strings.ContainsRune("-_.~", c)
	}
	switch {
	case slug == FrontSlug && atTop:
		return nil
	case slug == FrontSlug:
		return portico.Invalid("slug", "invalid", "Only a page at the top can be the front page, /.")
	case segment == "" || segment == "." || segment == "..":
		return portico.Invalid("slug", "invalid", "The slug must not be empty.")
	case strings.Contains(segment, "/"):
		return portico.Invalid("slug", "invalid", "The slug is one part of the page's address: instead of a slash, say with parent_page_id below which page it is.")
	case strings.ContainsFunc(segment, inner):
		return portico.Invalid("slug", "invalid", "The slug may hold letters, digits, hyphens, underscores, dots and tildes.")
	}
	return nil
}

// segment is what a slug adds to the address of its page.
func segment(slug string) string { return strings.TrimPrefix(slug, "/") }

// spellings are the slugs with the same segment.
func spellings(segment string) portico.Filter {
	return portico.Filter{Field: "slug", Op: portico.OpAnyEqual, Values: []string{segment, "/" + segment}}
}

// checkPath refuses a page whose address another one has.
func checkPath(ctx context.Context, tx portico.Tx, page portico.PortalPage) error {
	found, err := tx.Pages().List(ctx, portico.Everything(portico.Where("portal_id", page.PortalID), spellings(segment(page.Slug))))
	for _, other := range found.Items {
		if other.ID != page.ID && same(other.ParentID, page.ParentID) {
			return portico.Errorf(portico.KindConflict, "Another page has the slug [%s] in this place; nothing was changed. Choose another slug.", other.Slug)
		}
	}
	return err
}

func same[ID ~string](a, b *ID) bool {
	return a == b || a != nil && b != nil && *a == *b
}

var heading = regexp.MustCompile(`(?m)^ {0,3}# +(.+?)[ #]*$`)

// titleOf makes a title for a page that was given none: its first heading, or
// what its slug says.
func titleOf(page portico.PortalPage) string {
	if found := heading.FindStringSubmatch(Body(page.Content)); found != nil && utf8.RuneCountInString(found[1]) <= maxTitle {
		return strings.TrimSpace(found[1])
	}
	words := []rune(strings.NewReplacer("-", " ", "_", " ").Replace(segment(page.Slug)))
	if len(words) == 0 {
		return "Home"
	}
	words[0] = unicode.ToUpper(words[0])
	return string(words)
}

// indexPage puts a page into the search index; whether a visitor sees it is
// asked when he searches.
func indexPage(ctx context.Context, tx portico.Tx, page portico.PortalPage) error {
	entry := portico.SearchEntry{Kind: portico.SearchPage, EntityID: string(page.ID), PortalID: page.PortalID, Title: page.Title, Text: plain(Body(page.Content))}
	if page.Description != nil {
		entry.Description = *page.Description
	}
	return tx.Index(ctx, portico.SearchPage, string(page.ID), []portico.SearchEntry{entry})
}
