package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"portico"
)

// tiePortal ties what belongs to the portal to the rest of the world.
func (w *World) tiePortal() {
	w.Page.PortalID, w.Page.ParentID = w.Portal.ID, nil
	w.Snippet.PortalID = w.Portal.ID
	w.Document.APIID, w.Document.ParentID = w.API.ID, nil
	w.Customization.PortalID = w.Portal.ID
	w.Asset.PortalID, w.Asset.APIID = &w.Portal.ID, nil
	w.EmailTemplate.PortalID = w.Portal.ID
	w.Team.PortalID = w.Portal.ID
	w.TeamMember.TeamID, w.TeamMember.DeveloperID = w.Team.ID, w.Developer.ID
	w.TeamRole.TeamID, w.TeamRole.APIID = w.Team.ID, w.API.ID
	w.IdentityProvider.PortalID = w.Portal.ID
	w.GroupMapping.ProviderID, w.GroupMapping.TeamID = w.IdentityProvider.ID, w.Team.ID
	w.Application.TeamID = &w.Team.ID
	w.Handoff.PortalID, w.Handoff.DeveloperID, w.Handoff.ApplicationID = w.Portal.ID, w.Developer.ID, &w.Application.ID
	w.tieReach()
}

func (w World) insertPortal(ctx context.Context, tx portico.Tx) error {
	return errors.Join(
		tx.Pages().Insert(ctx, w.Page),
		tx.Snippets().Insert(ctx, w.Snippet),
		tx.Documents().Insert(ctx, w.Document),
		tx.Customizations().Insert(ctx, w.Customization),
		tx.Assets().Insert(ctx, w.Asset),
		tx.EmailTemplates().Insert(ctx, w.EmailTemplate),
		tx.Teams().Insert(ctx, w.Team),
		tx.TeamMembers().Insert(ctx, w.TeamMember),
		tx.TeamRoles().Insert(ctx, w.TeamRole),
		tx.IdentityProviders().Insert(ctx, w.IdentityProvider),
		tx.GroupMappings().Insert(ctx, w.GroupMapping),
		w.insertReach(ctx, tx),
	)
}

func testPortalEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("pages", check(open, w, subject[portico.PageID, portico.PortalPage]{
		of: portico.Tx.Pages, id: func(e *portico.PortalPage) *portico.PageID { return &e.ID },
		refs: func(to *portico.PortalPage, from portico.PortalPage) {
			to.PortalID = from.PortalID
			if to.ParentID != nil {
				to.ParentID = new(from.ID)
			}
		}, like: w.Page}))
	t.Run("snippets", check(open, w, subject[portico.SnippetID, portico.Snippet]{
		of: portico.Tx.Snippets, id: func(e *portico.Snippet) *portico.SnippetID { return &e.ID },
		refs: func(to *portico.Snippet, from portico.Snippet) { to.PortalID = from.PortalID }, like: w.Snippet}))
	t.Run("documents", check(open, w, subject[portico.DocumentID, portico.Document]{
		of: portico.Tx.Documents, id: func(e *portico.Document) *portico.DocumentID { return &e.ID },
		refs: func(to *portico.Document, from portico.Document) {
			to.APIID = from.APIID
			if to.ParentID != nil {
				to.ParentID = new(from.ID)
			}
		}, like: w.Document}))
	t.Run("customizations", check(open, w, subject[portico.PortalID, portico.Customization]{
		of: portico.Tx.Customizations, id: func(e *portico.Customization) *portico.PortalID { return &e.PortalID },
		refs: func(to *portico.Customization, from portico.Customization) { to.PortalID = from.PortalID }, like: w.Customization, alone: true}))
	t.Run("assets", check(open, w, subject[portico.AssetID, portico.Asset]{
		of: portico.Tx.Assets, id: func(e *portico.Asset) *portico.AssetID { return &e.ID },
		refs: func(to *portico.Asset, from portico.Asset) { to.PortalID, to.APIID = from.PortalID, from.APIID }, like: w.Asset, alone: true}))
	t.Run("e-mail templates", check(open, w, subject[portico.EmailTemplateID, portico.EmailTemplate]{
		of: portico.Tx.EmailTemplates, id: func(e *portico.EmailTemplate) *portico.EmailTemplateID { return &e.ID },
		refs: func(to *portico.EmailTemplate, from portico.EmailTemplate) { to.PortalID = from.PortalID }, like: w.EmailTemplate}))
	t.Run("teams", check(open, w, subject[portico.TeamID, portico.Team]{
		of: portico.Tx.Teams, id: func(e *portico.Team) *portico.TeamID { return &e.ID },
		refs: func(to *portico.Team, from portico.Team) { to.PortalID = from.PortalID }, like: w.Team}))
	t.Run("team members", check(open, w, subject[portico.TeamMemberID, portico.TeamMember]{
		of: portico.Tx.TeamMembers, id: func(e *portico.TeamMember) *portico.TeamMemberID { return &e.ID },
		refs: func(to *portico.TeamMember, from portico.TeamMember) {
			to.TeamID, to.DeveloperID = from.TeamID, from.DeveloperID
		}, like: w.TeamMember, alone: true}))
	t.Run("team roles", check(open, w, subject[portico.TeamRoleID, portico.TeamRole]{
		of: portico.Tx.TeamRoles, id: func(e *portico.TeamRole) *portico.TeamRoleID { return &e.ID },
		refs: func(to *portico.TeamRole, from portico.TeamRole) { to.TeamID, to.APIID = from.TeamID, from.APIID }, like: w.TeamRole}))
	t.Run("identity providers", check(open, w, subject[portico.IdentityProviderID, portico.IdentityProvider]{
		of: portico.Tx.IdentityProviders, id: func(e *portico.IdentityProvider) *portico.IdentityProviderID { return &e.ID },
		refs: func(to *portico.IdentityProvider, from portico.IdentityProvider) { to.PortalID = from.PortalID }, like: w.IdentityProvider}))
	t.Run("group mappings", check(open, w, subject[portico.GroupMappingID, portico.GroupMapping]{
		of: portico.Tx.GroupMappings, id: func(e *portico.GroupMapping) *portico.GroupMappingID { return &e.ID },
		refs: func(to *portico.GroupMapping, from portico.GroupMapping) {
			to.ProviderID, to.TeamID = from.ProviderID, from.TeamID
		}, like: w.GroupMapping}))
	t.Run("hand-offs", check(open, w, subject[portico.HandoffID, portico.Handoff]{
		of: portico.Tx.Handoffs, id: func(e *portico.Handoff) *portico.HandoffID { return &e.ID },
		refs: func(to *portico.Handoff, from portico.Handoff) {
			to.PortalID, to.DeveloperID = from.PortalID, from.DeveloperID
			if to.ApplicationID != nil {
				to.ApplicationID = from.ApplicationID
			}
		}, like: w.Handoff}))
}

// portalFindings is what entities of a portal are found by.
func portalFindings(w World) []finding {
	return []finding{
		{"pages", ask(portico.Tx.Pages, func(e portico.PortalPage) portico.PageID { return e.ID }), string(w.Page.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "slug": w.Page.Slug, "title": w.Page.Title, "visibility": string(w.Page.Visibility), "published": "true"}},
		{"snippets", ask(portico.Tx.Snippets, func(e portico.Snippet) portico.SnippetID { return e.ID }), string(w.Snippet.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "name": w.Snippet.Name, "title": w.Snippet.Title, "visibility": string(w.Snippet.Visibility)}},
		{"documents", ask(portico.Tx.Documents, func(e portico.Document) portico.DocumentID { return e.ID }), string(w.Document.ID),
			map[string]string{"api_id": string(w.API.ID), "slug": w.Document.Slug, "title": w.Document.Title, "published": "true"}},
		{"customizations", ask(portico.Tx.Customizations, func(e portico.Customization) portico.PortalID { return e.PortalID }), string(w.Customization.PortalID),
			map[string]string{}},
		{"assets", ask(portico.Tx.Assets, func(e portico.Asset) portico.AssetID { return e.ID }), string(w.Asset.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "kind": string(w.Asset.Kind)}},
		{"e-mail templates", ask(portico.Tx.EmailTemplates, func(e portico.EmailTemplate) portico.EmailTemplateID { return e.ID }), string(w.EmailTemplate.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "name": w.EmailTemplate.Name}},
		{"teams", ask(portico.Tx.Teams, func(e portico.Team) portico.TeamID { return e.ID }), string(w.Team.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "name": w.Team.Name, "can_own_applications": "true"}},
		{"team members", ask(portico.Tx.TeamMembers, func(e portico.TeamMember) portico.TeamMemberID { return e.ID }), string(w.TeamMember.ID),
			map[string]string{"team_id": string(w.Team.ID), "developer_id": string(w.Developer.ID), "portal_id": string(w.Portal.ID), "name": w.Team.Name, "can_own_applications": "true", "email": w.Developer.Email, "full_name": w.Developer.FullName, "active": "false"}},
		{"team roles", ask(portico.Tx.TeamRoles, func(e portico.TeamRole) portico.TeamRoleID { return e.ID }), string(w.TeamRole.ID),
			map[string]string{"team_id": string(w.Team.ID), "role": string(w.TeamRole.Role), "api_id": string(w.API.ID), "portal_id": string(w.Portal.ID)}},
		{"identity providers", ask(portico.Tx.IdentityProviders, func(e portico.IdentityProvider) portico.IdentityProviderID { return e.ID }), string(w.IdentityProvider.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "type": string(w.IdentityProvider.Type), "enabled": "true"}},
		{"group mappings", ask(portico.Tx.GroupMappings, func(e portico.GroupMapping) portico.GroupMappingID { return e.ID }), string(w.GroupMapping.ID),
			map[string]string{"provider_id": string(w.IdentityProvider.ID), "team_id": string(w.Team.ID), "group": w.GroupMapping.Group, "portal_id": string(w.Portal.ID)}},
		{"hand-offs", ask(portico.Tx.Handoffs, func(e portico.Handoff) portico.HandoffID { return e.ID }), string(w.Handoff.ID),
			map[string]string{"developer_id": string(w.Developer.ID), "application_id": string(w.Application.ID), "expires_at": w.Handoff.ExpiresAt.Format(time.RFC3339Nano)}},
	}
}

// ofPortal are the second ones of what must be unique in a portal.
func (d duplicates) ofPortal(ctx context.Context) []duplicate {
	return []duplicate{
		{"custom domain", func(tx portico.Tx) error {
			return tx.Portals().Insert(ctx, another(d.w.Portal, func(p *portico.Portal) { p.Name, p.Subdomain = "other", "other" }))
		}, "custom domain"},
		{"page at the top", func(tx portico.Tx) error {
			return tx.Pages().Insert(ctx, another(d.w.Page, func(*portico.PortalPage) {}))
		}, "slug"},
		{"snippet name", func(tx portico.Tx) error {
			return tx.Snippets().Insert(ctx, another(d.w.Snippet, func(*portico.Snippet) {}))
		}, "name"},
		{"document slug", func(tx portico.Tx) error {
			return tx.Documents().Insert(ctx, another(d.w.Document, func(*portico.Document) {}))
		}, "slug"},
		{"logo", func(tx portico.Tx) error {
			return tx.Assets().Insert(ctx, another(d.w.Asset, func(*portico.Asset) {}))
		}, "image"},
		{"mail wording", func(tx portico.Tx) error {
			return tx.EmailTemplates().Insert(ctx, another(d.w.EmailTemplate, func(*portico.EmailTemplate) {}))
		}, "wording"},
		{"team name", func(tx portico.Tx) error {
			return tx.Teams().Insert(ctx, another(d.w.Team, func(*portico.Team) {}))
		}, "team with this name"},
		{"team member", func(tx portico.Tx) error {
			return tx.TeamMembers().Insert(ctx, another(d.w.TeamMember, func(*portico.TeamMember) {}))
		}, "in this team"},
		{"team role", func(tx portico.Tx) error {
			return tx.TeamRoles().Insert(ctx, another(d.w.TeamRole, func(*portico.TeamRole) {}))
		}, "role"},
		{"group mapping", func(tx portico.Tx) error {
			return tx.GroupMappings().Insert(ctx, another(d.w.GroupMapping, func(*portico.GroupMapping) {}))
		}, "mapped"},
		{"account of single sign-on", func(tx portico.Tx) error {
			return tx.Developers().Insert(ctx, another(d.w.Developer, func(e *portico.Developer) { e.Email = "other" }))
		}, "identity provider"},
	}
}
