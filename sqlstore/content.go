package sqlstore

import "portico"

func pages() *table[portico.PageID, portico.PortalPage] {
	return &table[portico.PageID, portico.PortalPage]{
		name:  "portal_pages",
		noun:  "page",
		audit: told("title"),
		row: func(p *portico.PortalPage) []cell {
			return []cell{
				text("id", &p.ID),
				text("portal_id", &p.PortalID),
				optionalText("parent_page_id", &p.ParentID),
				number("position", &p.Position),
				text("slug", &p.Slug),
				text("title", &p.Title),
				text("content", &p.Content),
				optionalText("description", &p.Description),
				text("visibility", &p.Visibility),
				boolean("published", &p.Published),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		long:   "content",
		fields: []string{"id", "portal_id", "parent_page_id", "position", "slug", "title", "visibility", "published", "created_at", "updated_at"},
		unique: map[string]string{
			"portal_pages_portal_id_parent_slug_key": "A page with this slug exists already in this place.",
		},
	}
}

func snippets() *table[portico.SnippetID, portico.Snippet] {
	return &table[portico.SnippetID, portico.Snippet]{
		name:  "snippets",
		noun:  "snippet",
		audit: told("name"),
		row: func(s *portico.Snippet) []cell {
			return []cell{
				text("id", &s.ID),
				text("portal_id", &s.PortalID),
				text("name", &s.Name),
				text("title", &s.Title),
				text("content", &s.Content),
				optionalText("description", &s.Description),
				text("visibility", &s.Visibility),
				boolean("published", &s.Published),
				instant("created_at", &s.CreatedAt),
				instant("updated_at", &s.UpdatedAt),
			}
		},
		long:   "content",
		fields: []string{"id", "portal_id", "name", "title", "visibility", "published", "created_at", "updated_at"},
		unique: map[string]string{
			"snippets_portal_id_name_key": "A snippet with this name exists already in the portal.",
		},
	}
}

func documents() *table[portico.DocumentID, portico.Document] {
	return &table[portico.DocumentID, portico.Document]{
		name:  "documents",
		noun:  "document",
		audit: told("title"),
		row: func(d *portico.Document) []cell {
			return []cell{
				text("id", &d.ID),
				text("api_id", &d.APIID),
				optionalText("parent_document_id", &d.ParentID),
				number("position", &d.Position),
				text("slug", &d.Slug),
				text("title", &d.Title),
				text("content", &d.Content),
				boolean("published", &d.Published),
				instant("created_at", &d.CreatedAt),
				instant("updated_at", &d.UpdatedAt),
			}
		},
		long:   "content",
		fields: []string{"id", "api_id", "parent_document_id", "position", "slug", "title", "published", "created_at", "updated_at"},
		unique: map[string]string{
			"documents_api_id_slug_key": "The API has a document with this slug already.",
		},
	}
}

func customizations() *table[portico.PortalID, portico.Customization] {
	return &table[portico.PortalID, portico.Customization]{
		name:  "customizations",
		noun:  "customization",
		audit: told("").of("id"),
		row: func(c *portico.Customization) []cell {
			return []cell{
				text("id", &c.PortalID),
				document("design", &c.Design),
				instant("created_at", &c.CreatedAt),
				instant("updated_at", &c.UpdatedAt),
			}
		},
		fields: []string{"id", "created_at", "updated_at"},
	}
}

func assets() *table[portico.AssetID, portico.Asset] {
	return &table[portico.AssetID, portico.Asset]{
		name:  "assets",
		noun:  "asset",
		audit: told("kind"),
		row: func(a *portico.Asset) []cell {
			return []cell{
				text("id", &a.ID),
				optionalText("portal_id", &a.PortalID),
				optionalText("api_id", &a.APIID),
				text("kind", &a.Kind),
				text("media_type", &a.MediaType),
				blob("data", &a.Data),
				instant("created_at", &a.CreatedAt),
				instant("updated_at", &a.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "api_id", "kind", "media_type", "created_at", "updated_at"},
		unique: map[string]string{
			"assets_owner_kind_key": "There is an image of this kind already.",
		},
	}
}

func emailTemplates() *table[portico.EmailTemplateID, portico.EmailTemplate] {
	return &table[portico.EmailTemplateID, portico.EmailTemplate]{
		name:  "email_templates",
		noun:  "e-mail template",
		audit: told("name"),
		row: func(e *portico.EmailTemplate) []cell {
			return []cell{
				text("id", &e.ID),
				text("portal_id", &e.PortalID),
				text("name", &e.Name),
				optionalText("subject", &e.Subject),
				optionalText("title", &e.Title),
				optionalText("body", &e.Body),
				optionalText("button_label", &e.ButtonLabel),
				boolean("enabled", &e.Enabled),
				instant("created_at", &e.CreatedAt),
				instant("updated_at", &e.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "name", "enabled", "created_at", "updated_at"},
		unique: map[string]string{
			"email_templates_portal_id_name_key": "The portal has its own wording of this e-mail already.",
		},
	}
}
