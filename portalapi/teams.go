package portalapi

import (
	"net/http"

	"portico"
	"portico/httpkit"
	"portico/listing"
)

// teamRoutes: the teams that a developer is in. All others are not there.
func (s *server) teamRoutes() []route {
	const teams = "/api/v3/developer/teams"
	return []route{
		on(developer, "GET", teams, "get-developer-teams", s.listTeams),
		on(developer, "GET", teams+"/{teamId}", "get-developer-team", s.team),
		on(developer, "GET", teams+"/{teamId}/developers", "get-developer-team-developers", s.listTeamDevelopers),
	}
}

// teamView is the contract's DeveloperTeam.
type teamView struct {
	ID          portico.TeamID    `json:"id"`
	Name        string            `json:"name"`
	Description *string           `json:"description"`
	CreatedAt   httpkit.Timestamp `json:"created_at"`
	UpdatedAt   httpkit.Timestamp `json:"updated_at"`
}

func viewTeam(t portico.Team) teamView {
	return teamView{t.ID, t.Name, t.Description, httpkit.Timestamp(t.CreatedAt), httpkit.Timestamp(t.UpdatedAt)}
}

func (s *server) listTeams(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Teams.Of(c.Context(), c.portal.ID, c.developer.ID, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewTeam))
}

// teamInPath returns the team in the path, if the caller is in it.
func (s *server) teamInPath(c call) (portico.Team, error) {
	id, err := httpkit.PathID[portico.TeamID](c.Request, "teamId")
	if err != nil {
		return portico.Team{}, err
	}
	return s.Teams.OfMember(c.Context(), *c.developer, id)
}

func (s *server) team(w http.ResponseWriter, c call) error {
	team, err := s.teamInPath(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewTeam(team))
}

func (s *server) listTeamDevelopers(w http.ResponseWriter, c call) error {
	team, err := s.teamInPath(c)
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Teams.Members(c.Context(), c.portal.ID, team.ID, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPerson))
}

func viewPerson(d portico.Developer) meView {
	return meView{d.ID, d.Email, d.FullName, httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
}
