package directory

import (
	"context"
	"database/sql"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/secret"
)

// Routes are the endpoints of users and groups.
func (d Directory) Routes() []dialect.Route {
	const (
		users, user   = "/api/v1/users", "/api/v1/users/{user}"
		groups, group = "/api/v1/groups", "/api/v1/groups/{group}"
		usersRead     = "okta.users.read"
		usersManage   = "okta.users.manage"
		groupsRead    = "okta.groups.read"
		groupsManage  = "okta.groups.manage"
	)
	return []dialect.Route{
		{Pattern: "GET " + users, Scope: usersRead, Handle: d.listUsers},
		{Pattern: "POST " + users, Scope: usersManage, Handle: d.postUser},
		{Pattern: "GET " + user, Scope: usersRead, Handle: d.getUser},
		{Pattern: "POST " + user, Scope: usersManage, Handle: d.changeUser},
		{Pattern: "DELETE " + user, Scope: usersManage, Handle: d.deleteUser},
		{Pattern: "POST " + user + "/lifecycle/activate", Scope: usersManage, Handle: d.setStatus(Active)},
		{Pattern: "POST " + user + "/lifecycle/deactivate", Scope: usersManage, Handle: d.setStatus(Deprovisioned)},
		{Pattern: "GET " + user + "/groups", Scope: usersRead, Handle: d.listGroupsOfUser},
		{Pattern: "GET " + groups, Scope: groupsRead, Handle: d.listGroups},
		{Pattern: "POST " + groups, Scope: groupsManage, Handle: d.postGroup},
		{Pattern: "GET " + group, Scope: groupsRead, Handle: d.getGroup},
		{Pattern: "DELETE " + group, Scope: groupsManage, Handle: d.deleteGroup},
		{Pattern: "GET " + group + "/users", Scope: groupsRead, Handle: d.listMembers},
		{Pattern: "PUT " + group + "/users/{user}", Scope: groupsManage, Handle: d.member(d.join)},
		{Pattern: "DELETE " + group + "/users/{user}", Scope: groupsManage, Handle: d.member(d.leave)},
	}
}

// userBody is a user as the API takes it; what is absent stays as it is.
type userBody struct {
	Profile struct {
		FirstName *string `json:"firstName"`
		LastName  *string `json:"lastName"`
		Email     *string `json:"email"`
		Login     *string `json:"login"`
	} `json:"profile"`
	Credentials struct {
		Password *struct {
			Value secret.Text `json:"value"`
		} `json:"password"`
	} `json:"credentials"`
	GroupIDs []string `json:"groupIds"`
}

var loginPattern = regexp.MustCompile(`^[^\s@]{1,64}@[^\s@]{1,64}$`)

// apply changes a person as the body says, or names every fault.
func (b userBody) apply(p *Person) error {
	var causes []string
	for _, field := range []struct {
		value *string
		to    *string
	}{{b.Profile.FirstName, &p.FirstName}, {b.Profile.LastName, &p.LastName}, {b.Profile.Email, &p.Email}, {b.Profile.Login, &p.Login}} {
		if field.value != nil {
			*field.to = strings.TrimSpace(*field.value)
		}
	}
	if p.FirstName == "" || utf8.RuneCountInString(p.FirstName) > 50 {
		causes = append(causes, "firstName: must have 1 to 50 characters.")
	}
	if p.LastName == "" || utf8.RuneCountInString(p.LastName) > 50 {
		causes = append(causes, "lastName: must have 1 to 50 characters.")
	}
	if address, err := mail.ParseAddress(p.Email); err != nil || address.Address != p.Email || len(p.Email) > 100 {
		causes = append(causes, "email: must be an e-mail address of at most 100 characters.")
	}
	if !loginPattern.MatchString(p.Login) {
		causes = append(causes, "login: must be in the form of an e-mail address.")
	}
	if password := b.Credentials.Password; password != nil {
		if n := utf8.RuneCountInString(password.Value.Reveal()); n < 8 || n > 72 {
			causes = append(causes, "password: must have 8 to 72 characters.")
		}
	} else if p.ID == "" {
		causes = append(causes, "password: The field cannot be left blank: this server sends no invitations.")
	}
	if len(causes) > 0 {
		return dialect.Invalid("user", causes...)
	}
	return nil
}

type userView struct {
	ID              string         `json:"id"`
	Status          string         `json:"status"`
	Created         string         `json:"created"`
	StatusChanged   string         `json:"statusChanged"`
	LastUpdated     string         `json:"lastUpdated"`
	PasswordChanged string         `json:"passwordChanged"`
	Profile         map[string]any `json:"profile"`
	Credentials     struct {
		Password struct{} `json:"password"`
		Provider struct {
			Type string `json:"type"`
			Name string `json:"name"`
		} `json:"provider"`
	} `json:"credentials"`
	Links dialect.Links `json:"_links"`
}

func (d Directory) userView(p Person) userView {
	view := userView{
		ID: p.ID, Status: p.Status, Created: dialect.Timestamp(p.Created), StatusChanged: dialect.Timestamp(p.SignedInFrom),
		LastUpdated: dialect.Timestamp(p.LastUpdated), PasswordChanged: dialect.Timestamp(p.PasswordChanged),
		Profile: map[string]any{"firstName": p.FirstName, "lastName": p.LastName, "email": p.Email, "login": p.Login, "secondEmail": nil, "mobilePhone": nil},
		Links:   dialect.Links{"self": dialect.Link(d.Base+"/api/v1/users/"+p.ID, "GET", "POST", "DELETE")},
	}
	view.Credentials.Provider.Type, view.Credentials.Provider.Name = "OKTA", "OKTA"
	return view
}

func (d Directory) listUsers(w http.ResponseWriter, r *http.Request) error {
	return d.writeUsers(w, r, "")
}

func (d Directory) listMembers(w http.ResponseWriter, r *http.Request) error {
	g, err := d.group(r.Context(), r.PathValue("group"))
	if err != nil {
		return err
	}
	return d.writeUsers(w, r, g.ID)
}

// writeUsers answers a page of users: of a group, unless that is empty.
func (d Directory) writeUsers(w http.ResponseWriter, r *http.Request, group string) error {
	page, err := dialect.ReadPage(r, 200)
	if err != nil {
		return err
	}
	found, err := d.people(r.Context(), r.URL.Query().Get("q"), group, page)
	if err != nil {
		return err
	}
	views := []userView{}
	for _, p := range dialect.CutPage(d.Base, w, r, page, found) {
		views = append(views, d.userView(p))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (d Directory) postUser(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[userBody](w, r)
	if err != nil {
		return err
	}
	p := Person{Status: Active}
	if r.URL.Query().Get("activate") == "false" {
		p.Status = Staged
	}
	if err := in.apply(&p); err != nil {
		return err
	}
	if p, err = d.create(r.Context(), p, in.Credentials.Password.Value, in.GroupIDs); err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, d.userView(p))
	return nil
}

// user is the person in the path, by id or login.
func (d Directory) user(r *http.Request) (Person, error) {
	p, found, err := d.Person(r.Context(), r.PathValue("user"))
	if err == nil && !found {
		err = dialect.NotFound("User", r.PathValue("user"))
	}
	return p, err
}

func (d Directory) getUser(w http.ResponseWriter, r *http.Request) error {
	p, err := d.user(r)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, d.userView(p))
	return nil
}

func (d Directory) changeUser(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[userBody](w, r)
	if err != nil {
		return err
	}
	var hash passwordHash
	if in.Credentials.Password != nil {
		hash = hashPassword(in.Credentials.Password.Value) // too slow to do while nobody else can write
	}
	p, err := d.change(r.Context(), r.PathValue("user"), func(p *Person) error {
		if in.Credentials.Password != nil {
			p.password = hash
		}
		return in.apply(p)
	})
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, d.userView(p))
	return nil
}

func (d Directory) deleteUser(w http.ResponseWriter, r *http.Request) error {
	if err := d.remove(r.Context(), r.PathValue("user")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setStatus is the handler of both lifecycle operations.
func (d Directory) setStatus(status string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := d.change(r.Context(), r.PathValue("user"), func(p *Person) error { p.Status = status; return nil }); err != nil {
			return err
		}
		dialect.WriteJSON(w, http.StatusOK, struct{}{})
		return nil
	}
}

type groupBody struct {
	Profile struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
}

// group is the group that the body describes.
func (b groupBody) group() (Group, error) {
	g := Group{Name: strings.TrimSpace(b.Profile.Name), Description: b.Profile.Description}
	var causes []string
	if g.Name == "" || utf8.RuneCountInString(g.Name) > 255 {
		causes = append(causes, "name: must have 1 to 255 characters.")
	}
	if utf8.RuneCountInString(g.Description) > 1024 {
		causes = append(causes, "description: must have at most 1024 characters.")
	}
	if len(causes) > 0 {
		return Group{}, dialect.Invalid("group", causes...)
	}
	return g, nil
}

type groupView struct {
	ID                    string            `json:"id"`
	Created               string            `json:"created"`
	LastUpdated           string            `json:"lastUpdated"`
	LastMembershipUpdated string            `json:"lastMembershipUpdated"`
	ObjectClass           []string          `json:"objectClass"`
	Type                  string            `json:"type"`
	Profile               map[string]string `json:"profile"`
	Links                 dialect.Links     `json:"_links"`
}

func (d Directory) groupView(g Group) groupView {
	self := d.Base + "/api/v1/groups/" + g.ID
	return groupView{
		g.ID, dialect.Timestamp(g.Created), dialect.Timestamp(g.LastUpdated), dialect.Timestamp(g.MembershipUpdated),
		[]string{"okta:user_group"}, "OKTA_GROUP", map[string]string{"name": g.Name, "description": g.Description},
		dialect.Links{"self": dialect.Link(self, "GET", "DELETE"), "users": dialect.Link(self+"/users", "GET")},
	}
}

func (d Directory) writeGroups(w http.ResponseWriter, groups []Group) {
	views := []groupView{}
	for _, g := range groups {
		views = append(views, d.groupView(g))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
}

func (d Directory) listGroups(w http.ResponseWriter, r *http.Request) error {
	page, err := dialect.ReadPage(r, 200)
	if err != nil {
		return err
	}
	found, err := d.groups(r.Context(), r.URL.Query().Get("q"), page)
	if err != nil {
		return err
	}
	d.writeGroups(w, dialect.CutPage(d.Base, w, r, page, found))
	return nil
}

func (d Directory) listGroupsOfUser(w http.ResponseWriter, r *http.Request) error {
	p, err := d.user(r)
	if err != nil {
		return err
	}
	groups, err := d.Groups(r.Context(), p.ID)
	if err != nil {
		return err
	}
	d.writeGroups(w, groups)
	return nil
}

func (d Directory) postGroup(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[groupBody](w, r)
	if err != nil {
		return err
	}
	g, err := in.group()
	if err != nil {
		return err
	}
	if g, err = d.createGroup(r.Context(), g); err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, d.groupView(g))
	return nil
}

func (d Directory) getGroup(w http.ResponseWriter, r *http.Request) error {
	g, err := d.group(r.Context(), r.PathValue("group"))
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, d.groupView(g))
	return nil
}

func (d Directory) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	if err := d.removeGroup(r.Context(), r.PathValue("group")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// member is the handler that changes whether a user is in a group.
func (d Directory) member(change func(ctx context.Context, tx *sql.Tx, group, person string) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := d.user(r)
		if err != nil {
			return err
		}
		if err := d.DB.Update(r.Context(), func(tx *sql.Tx) error { return change(r.Context(), tx, r.PathValue("group"), p.ID) }); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
