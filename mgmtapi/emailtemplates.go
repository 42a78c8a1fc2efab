package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/developers"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// defaultTemplates is where Portico's own wordings are. One multiplexer cannot
// hold what is below it beside what is below /v3/portals/{portalId}.
const defaultTemplates = "/v3/portals/email-templates"

// emailTemplateRoutes: how a portal words its mails (contract: portal-management
// v3).
func (s *server) emailTemplateRoutes() []route.Route {
	const own = "/v3/portals/{portalId}/email-templates"
	return []route.Route{
		route.On("GET", defaultTemplates, "list-default-email-templates", s.listDefaultTemplates, access.Own()),
		route.On("GET", defaultTemplates+"/variables", "list-email-template-variables", s.listTemplateVariables, access.Own()),
		route.On("GET", defaultTemplates+"/{templateName}", "get-default-email-template", s.defaultTemplate, access.Own()),
		route.On("GET", own, "list-portal-custom-email-templates", s.listTemplates, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", own+"/{templateName}", "get-portal-custom-email-template", s.template, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", own+"/{templateName}", "update-portal-custom-email-template", s.updateTemplate, access.For(access.Portals, access.Edit, "portalId")),
		route.On("DELETE", own+"/{templateName}", "delete-portal-custom-email-template", s.deleteTemplate, access.For(access.Portals, access.Edit, "portalId")),
		route.On("POST", own+"/{templateName}/send-test-email", "post-portal-custom-email-test-send", s.sendTestMail, access.For(access.Portals, access.Edit, "portalId")),
	}
}

// dataView is a collection without pages.
type dataView[V any] struct {
	Data []V `json:"data"`
}

// wordingView is the contract's DefaultEmailTemplateContent.
type wordingView struct {
	Subject     string `json:"subject"`
	Title       string `json:"title"`
	Body        string `json:"body"`
	ButtonLabel string `json:"button_label"`
}

// defaultTemplateView is the contract's DefaultEmailTemplate.
type defaultTemplateView struct {
	Name      string      `json:"name"`
	Label     string      `json:"label"`
	Default   wordingView `json:"default_content"`
	Variables []string    `json:"variables"`
}

func viewDefaultTemplate(t developers.Template) defaultTemplateView {
	return defaultTemplateView{t.Name, t.Label, wordingView(t.Default), t.Variables}
}

// templateView is the contract's EmailTemplate.
type templateView struct {
	defaultTemplateView
	Content   contentView       `json:"content"`
	Enabled   bool              `json:"enabled"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

// contentView is the contract's EmailTemplateContent: null is Portico's wording.
type contentView struct {
	Subject     *string `json:"subject"`
	Title       *string `json:"title"`
	Body        *string `json:"body"`
	ButtonLabel *string `json:"button_label"`
}

func viewTemplate(t developers.OwnTemplate) templateView {
	return templateView{
		defaultTemplateView: viewDefaultTemplate(t.Template), Enabled: t.Own.Enabled,
		Content:   contentView{t.Own.Subject, t.Own.Title, t.Own.Body, t.Own.ButtonLabel},
		CreatedAt: httpkit.Timestamp(t.Own.CreatedAt), UpdatedAt: httpkit.Timestamp(t.Own.UpdatedAt),
	}
}

func (s *server) listDefaultTemplates(w http.ResponseWriter, _ *http.Request) error {
	var out dataView[defaultTemplateView]
	for _, t := range s.Templates.Defaults() {
		out.Data = append(out.Data, viewDefaultTemplate(t))
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

// variableView is the contract's EmailTemplateVariable.
type variableView struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scope       []string `json:"scope"`
	Example     string   `json:"example"`
}

func (s *server) listTemplateVariables(w http.ResponseWriter, _ *http.Request) error {
	var out dataView[variableView]
	for _, v := range developers.Variables() {
		out.Data = append(out.Data, variableView{v.Name, v.Description, v.Scope, v.Example})
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s *server) defaultTemplate(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Templates.Default(r.PathValue("templateName"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDefaultTemplate(t))
}

func (s *server) listTemplates(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	own, err := s.Templates.Own(r.Context(), portal)
	if err != nil {
		return err
	}
	out := dataView[templateView]{Data: []templateView{}}
	for _, t := range own {
		out.Data = append(out.Data, viewTemplate(t))
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s *server) template(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	t, err := s.Templates.OwnByName(r.Context(), portal, r.PathValue("templateName"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewTemplate(t))
}

// The lengths of a wording (contract: EmailTemplateContent).
const (
	maxLine  = 1024
	maxBody  = 4096
	maxLabel = 128
)

func (s *server) updateTemplate(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := developers.TemplateChange{Enabled: o.OptBool("enabled")}
	switch content, set, null := o.OptObject("content"); {
	case null:
		reset := portico.Opt[string]{Set: true, Null: true}
		ch.Subject, ch.Title, ch.Body, ch.ButtonLabel = reset, reset, reset, reset
	case set:
		ch.Subject = content.OptString("subject", httpkit.Nullable, httpkit.MaxLength(maxLine))
		ch.Title = content.OptString("title", httpkit.Nullable, httpkit.MaxLength(maxLine))
		ch.Body = content.OptString("body", httpkit.Nullable, httpkit.MaxLength(maxBody))
		ch.ButtonLabel = content.OptString("button_label", httpkit.Nullable, httpkit.MaxLength(maxLabel))
	}
	if err := o.Err(); err != nil {
		return err
	}
	t, err := s.Templates.Change(r.Context(), portal, r.PathValue("templateName"), ch)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewTemplate(t))
}

func (s *server) deleteTemplate(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if err := s.Templates.Delete(r.Context(), portal, r.PathValue("templateName")); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// sendTestMail sends a wording to the admin who asks for it.
func (s *server) sendTestMail(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	content := o.Object("content", httpkit.Required)
	words := developers.Wording{
		Subject:     content.String("subject", httpkit.Required, httpkit.MaxLength(maxLine)),
		Title:       content.String("title", httpkit.Required, httpkit.MaxLength(maxLine)),
		Body:        content.String("body", httpkit.Required, httpkit.MaxLength(maxBody)),
		ButtonLabel: content.String("button_label", httpkit.MaxLength(maxLabel)),
	}
	if err := o.Err(); err != nil {
		return err
	}
	if err := s.Templates.SendTest(r.Context(), portal, r.PathValue("templateName"), words, admins.From(r.Context()).User); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
