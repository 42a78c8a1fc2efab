package localas

import (
	"net/http"
	"net/url"

	"portico/localas/dialect"
)

// The pages under Applications.

const sectionApplications = "applications"

type applicationsView struct {
	frame
	Clients []client
	Query   string
	Next    string // the address of the next part of the list, or empty
}

func (s *Server) applicationsPage(w http.ResponseWriter, v visit) error {
	p, err := dialect.ReadPage(v.Request, 50)
	if err != nil {
		return err
	}
	query := v.URL.Query().Get("q")
	found, err := s.searchClients(v.Context(), query, p)
	if err != nil {
		return err
	}
	view := applicationsView{s.frame("Applications", sectionApplications), found, query, ""}
	if len(found) > p.Limit {
		view.Clients = found[:p.Limit]
		view.Next = "/applications?" + url.Values{"q": {query}, "after": {dialect.Cursor(view.Clients[p.Limit-1])}}.Encode()
	}
	return s.render(w, http.StatusOK, "applications", view)
}

type applicationView struct {
	frame
	Client  client
	Secrets []clientSecret
	Grants  []appGrant
	// OneActive says that only one secret is active, so that it must stay.
	OneActive bool
}

func (s *Server) applicationPage(w http.ResponseWriter, v visit) error {
	c, err := clientByID(v.Context(), s.db.Reader(), v.PathValue("app"))
	if err != nil {
		return err
	}
	view := applicationView{frame: s.frame(c.Label, sectionApplications), Client: c}
	if view.Secrets, err = secretsOf(v.Context(), s.db.Reader(), c.ID); err != nil {
		return err
	}
	actives := 0
	for _, cs := range view.Secrets {
		if cs.Status == active {
			actives++
		}
	}
	view.OneActive = actives == 1
	if view.Grants, err = s.grants(v.Context(), c.ID); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "application", view)
}

func (s *Server) changeApplication(w http.ResponseWriter, v visit) error {
	c, err := clientByID(v.Context(), s.db.Reader(), v.PathValue("app"))
	if err != nil {
		return err
	}
	target := "/applications/" + c.ID
	switch v.PathValue("action") {
	case "activate":
		err = s.setClientStatus(v.Context(), c.ID, active)
	case "deactivate":
		err = s.setClientStatus(v.Context(), c.ID, inactive)
	case "delete":
		if c.Status == active {
			return dialect.Invalid("application", "The application must be deactivated before it is deleted.")
		}
		err, target = s.deleteClient(v.Context(), c.ID), "/applications"
	default:
		err = dialect.NotFound("action", v.PathValue("action"))
	}
	if err != nil {
		return err
	}
	return redirect(w, v, target)
}

func (s *Server) changeSecret(w http.ResponseWriter, v visit) error {
	app, id := v.PathValue("app"), v.PathValue("secret")
	var err error
	switch v.PathValue("action") {
	case "activate":
		_, err = s.setSecretStatus(v.Context(), app, id, active)
	case "deactivate":
		_, err = s.setSecretStatus(v.Context(), app, id, inactive)
	case "delete":
		err = s.removeSecret(v.Context(), app, id)
	default:
		err = dialect.NotFound("action", v.PathValue("action"))
	}
	if err != nil {
		return err
	}
	return redirect(w, v, "/applications/"+app)
}
