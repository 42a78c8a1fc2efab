package admins

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) inviteRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+usersPath+"/invite", p.invitation, creates()),
		desk.On("POST "+usersPath+"/invite", p.invite, creates()).As("invite-user"),
		desk.On("POST "+usersPath+"/invite/again", p.inviteAgain, creates()).As("invite-user"),
		desk.On("POST "+usersPath+"/invite/revoke", p.revokeInvite, deletes()).As("revoke-invite"),
	}
}

// secondFactor says whether a user has one.
func secondFactor(ctx context.Context, u portico.User) string {
	if u.TOTPConfirmedAt == nil {
		return i18n.T(ctx, "admins.factor_off")
	}
	return i18n.T(ctx, "admins.factor_on")
}

// inviteView is the form to invite somebody.
type inviteView struct {
	sheet
	Teams  []design.Option
	Mailed bool // there is a mail server
}

func (p pages) invitation(w http.ResponseWriter, v *desk.Visit) error {
	return p.showInvitation(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showInvitation(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	teams, err := p.Admins.Teams.List(v.Context(), byName())
	if err != nil {
		return err
	}
	if call != nil && len(f.List("teams")) > 0 {
		call = templ.Join(call, withoutTeams())
	}
	view := inviteView{Mailed: !p.Admins.Invites.NoMail, sheet: sheet{
		Title: v.T("admins.invite"), Lead: v.T("admins.invite_lead"), Crumb: crumbs(v, usersPath, "admins.title", design.Crumb{Label: v.T("admins.invite")}),
		Form: f, Action: usersPath + "/invite", Cancel: usersPath, Submit: v.T("admins.invite_button"), Call: call,
	}}
	for _, t := range teams.Items {
		view.Teams = append(view.Teams, design.Option{Value: string(t.ID), Label: t.Name, Text: value(t.Description), Selected: f.Has("teams", string(t.ID))})
	}
	return v.Render(w, status, view.Title, invitePage(view))
}

func (p pages) invite(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := admins.NewInvite{Email: f.Email("email")}
	for _, id := range f.List("teams") {
		in.TeamIDs = append(in.TeamIDs, portico.AdminTeamID(id))
	}
	return p.send(w, v, f, in, p.showInvitation)
}

// inviteAgain sends a new link to somebody who was invited.
func (p pages) inviteAgain(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	found, err := p.Admins.Invites.List(v.Context(), portico.Everything(portico.Where("id", f.Value("invite"))))
	if err != nil {
		return err
	}
	if found.Total == 0 {
		return portico.NotFound("invitation", portico.InviteID(f.Value("invite")))
	}
	in := found.Items[0]
	f.Values = url.Values{"email": {in.Email}}
	for _, id := range in.TeamIDs {
		f.Values.Add("teams", string(id))
	}
	return p.send(w, v, f, admins.NewInvite{Email: in.Email, TeamIDs: in.TeamIDs}, p.showInvitation)
}

// send invites somebody. Where no mail can bring the link, it is shown.
func (p pages) send(w http.ResponseWriter, v *desk.Visit, f *desk.Form, in admins.NewInvite, page show) error {
	return submit(w, v, page, desk.Task{
		Form: f, Fields: map[string]string{"team_ids": "teams"},
		// The contract's invitation has no teams; withoutTeams says so.
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/invites", Body: body{"email": in.Email}}},
		Do: func() (desk.Answer, error) {
			made, err := p.Admins.Invites.Create(v.Context(), in)
			return func() error {
				if made.Link.Empty() {
					return v.To(usersPath, "admins.invited", "Email", in.Email)()
				}
				return showOnce(w, v, shown{
					Title: v.T("admins.link_title"), Lead: v.T("admins.link_lead", "Email", in.Email), Label: v.T("admins.link"), Value: made.Link.Reveal(),
					Hint: v.T("admins.link_until", "Date", i18n.Date(v.Context(), made.ExpiresAt)), Warn: v.T("admins.link_warn"), Next: usersPath, Kept: v.T("admins.link_kept"),
				})
			}, err
		},
	})
}

func (p pages) revokeInvite(_ http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	if err := gone(p.Admins.Invites.Delete(v.Context(), portico.InviteID(f.Value("invite")))); err != nil {
		return err
	}
	return v.To(usersPath, "admins.invite_revoked")()
}
