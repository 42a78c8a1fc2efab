package localas

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// policy says to which clients an authorization server gives tokens; its rules
// say for what.
type policy struct {
	ID          string           `json:"id"`
	Type        string           `json:"type"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Priority    int              `json:"priority"`
	Status      string           `json:"status"`
	System      bool             `json:"system"`
	Conditions  policyConditions `json:"conditions"`
	created     time.Time
	lastUpdated time.Time
}

type policyConditions struct {
	Clients struct {
		Include []string `json:"include"`
	} `json:"clients"`
}

const (
	policyType = "OAUTH_AUTHORIZATION_POLICY"
	allClients = "ALL_CLIENTS"
)

func (p policy) covers(c client) bool {
	return slices.ContainsFunc(p.Conditions.Clients.Include, func(id string) bool {
		return id == allClients || id == c.ClientID || id == c.ID
	})
}

// decision finds the first rule, by the priority of policies and then of
// rules, that covers the client, the grant type and every scope.
func decision(policies []policy, rules map[string][]policyRule, c client, grantType string, scopes []string) (policyRule, bool) {
	for _, p := range policies {
		if p.Status != active || !p.covers(c) {
			continue
		}
		for _, rule := range rules[p.ID] {
			if rule.Status == active && rule.covers(grantType, scopes) {
				return rule, true
			}
		}
	}
	return policyRule{}, false
}

// decide applies the server's policies to a request.
func (s *Server) decide(ctx context.Context, server string, c client, grantType string, scopes []string) (policyRule, bool, error) {
	policies, err := s.policies(ctx, server)
	if err != nil {
		return policyRule{}, false, err
	}
	rules := map[string][]policyRule{}
	for _, p := range policies {
		if rules[p.ID], err = s.rules(ctx, p.ID); err != nil {
			return policyRule{}, false, err
		}
	}
	rule, found := decision(policies, rules, c, grantType, scopes)
	return rule, found, nil
}

const policyColumns = `id, name, description, priority, status, clients, system, created, last_updated`

func scanPolicy(row scanner) (policy, error) {
	p := policy{Type: policyType}
	err := row.Scan(&p.ID, &p.Name, &p.Description, &p.Priority, &p.Status, asJSON(&p.Conditions.Clients.Include), &p.System,
		timeColumn{&p.created}, timeColumn{&p.lastUpdated})
	return p, err
}

// policies are in the order of evaluation.
func (s *Server) policies(ctx context.Context, server string) ([]policy, error) {
	return queryAll(ctx, s.store.reader, scanPolicy,
		`SELECT `+policyColumns+` FROM policy WHERE server = $1 ORDER BY priority, seq DESC`, server)
}

func (s *Server) policy(ctx context.Context, server, id string) (policy, error) {
	p, err := scanPolicy(s.store.reader.QueryRowContext(ctx, `SELECT `+policyColumns+` FROM policy WHERE server = $1 AND id = $2`, server, id))
	return p, orNotFound(err, "Policy", id)
}

// createPolicy stores a policy at its priority; those at or after it move down.
// Without a priority it comes last.
func (s *Server) createPolicy(ctx context.Context, server string, p policy) (policy, error) {
	p = policyDefaults(p)
	if err := checkPolicy(p); err != nil {
		return policy{}, err
	}
	now := s.now().UTC()
	p.ID, p.created, p.lastUpdated = newID("00p"), now, now
	err := s.store.update(ctx, func(tx *sql.Tx) (err error) {
		if p.Priority, err = place(ctx, tx, "policy", "server", server, p.ID, p.Priority); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO policy
			(id, server, name, description, priority, status, clients, system, created, last_updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`, p.ID, server, p.Name, p.Description, p.Priority, p.Status,
			toJSON(p.Conditions.Clients.Include), p.System, now.UnixMicro())
		return err
	})
	if isDuplicate(err) {
		err = invalid("name", "name: A policy with this name already exists.")
	}
	return p, err
}

// place makes room for the priority in the list that owner's rows form, and
// returns it; 0 means the end of the list.
func place(ctx context.Context, tx *sql.Tx, table, column, owner, id string, priority int) (int, error) {
	var last int
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(priority), 0) FROM `+table+` WHERE `+column+` = $1 AND id <> $2`,
		owner, id).Scan(&last); err != nil {
		return 0, err
	}
	if priority < 1 || priority > last {
		return last + 1, nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET priority = priority + 1 WHERE `+column+` = $1 AND priority >= $2 AND id <> $3`,
		owner, priority, id)
	return priority, err
}

func (s *Server) replacePolicy(ctx context.Context, server string, old, p policy) (policy, error) {
	p.ID, p.System, p.created, p.lastUpdated = old.ID, old.System, old.created, s.now().UTC()
	if p.Priority == 0 {
		p.Priority = old.Priority
	}
	p = policyDefaults(p)
	if err := checkPolicy(p); err != nil {
		return policy{}, err
	}
	err := s.store.update(ctx, func(tx *sql.Tx) (err error) {
		if p.Priority != old.Priority {
			if p.Priority, err = place(ctx, tx, "policy", "server", server, p.ID, p.Priority); err != nil {
				return err
			}
		}
		return affected(tx.ExecContext(ctx, `UPDATE policy SET name = $2, description = $3, priority = $4, status = $5,
			clients = $6, last_updated = $7 WHERE id = $1`, p.ID, p.Name, p.Description, p.Priority, p.Status,
			toJSON(p.Conditions.Clients.Include), p.lastUpdated.UnixMicro()))
	})
	if isDuplicate(err) {
		err = invalid("name", "name: A policy with this name already exists.")
	}
	return p, orNotFound(err, "Policy", p.ID)
}

// createOpenPolicy creates a policy for all clients with one rule for client
// credentials, any scope and a lifetime of an hour.
func (s *Server) createOpenPolicy(ctx context.Context, server, name string) (policy, error) {
	in := policy{Name: name, Description: "Lets every client ask for any scope of this authorization server"}
	in.Conditions.Clients.Include = []string{allClients}
	p, err := s.createPolicy(ctx, server, in)
	if err != nil {
		return policy{}, err
	}
	rule := policyRule{Name: "Client credentials"}
	rule.Conditions.GrantTypes.Include = []string{"client_credentials"}
	rule.Conditions.Scopes.Include = []string{"*"}
	_, err = s.createRule(ctx, p.ID, rule)
	return p, err
}

func policyDefaults(p policy) policy {
	p.Name, p.Type = strings.TrimSpace(p.Name), policyType
	if p.Status == "" {
		p.Status = active
	}
	if p.Conditions.Clients.Include == nil {
		p.Conditions.Clients.Include = []string{}
	}
	return p
}

func checkPolicy(p policy) error {
	var causes []string
	if p.Name == "" || utf8.RuneCountInString(p.Name) > 100 {
		causes = append(causes, "name: must have 1 to 100 characters.")
	}
	if utf8.RuneCountInString(p.Description) > 255 {
		causes = append(causes, "description: must have at most 255 characters.")
	}
	if p.Status != active && p.Status != inactive {
		causes = append(causes, "status: must be ACTIVE or INACTIVE.")
	}
	if p.Priority < 0 {
		causes = append(causes, "priority: must not be negative.")
	}
	if len(causes) > 0 {
		return invalid("policy", causes...)
	}
	return nil
}

type policyView struct {
	policy
	Created     string `json:"created"`
	LastUpdated string `json:"lastUpdated"`
	Links       links  `json:"_links"`
}

func (s *Server) policyView(server string, p policy) policyView {
	self := s.base + "/api/v1/authorizationServers/" + server + "/policies/" + p.ID
	return policyView{p, timestamp(p.created), timestamp(p.lastUpdated), links{
		"self": link(self, "GET", "PUT", "DELETE"), "rules": link(self+"/rules", "GET"),
		lifecycle(p.Status): link(self+"/lifecycle/"+lifecycle(p.Status), "POST"),
	}}
}

func (s *Server) listPolicies(w http.ResponseWriter, r *http.Request) error {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	all, err := s.policies(r.Context(), as.ID)
	if err != nil {
		return err
	}
	views := []policyView{}
	for _, p := range all {
		views = append(views, s.policyView(as.ID, p))
	}
	writeJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) postPolicy(w http.ResponseWriter, r *http.Request) error {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	in, err := readJSON[policy](w, r)
	if err != nil {
		return err
	}
	in.System = false
	p, err := s.createPolicy(r.Context(), as.ID, in)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, s.policyView(as.ID, p))
	return nil
}

func (s *Server) getPolicy(w http.ResponseWriter, r *http.Request) error {
	p, err := s.policy(r.Context(), r.PathValue("as"), r.PathValue("policy"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.policyView(r.PathValue("as"), p))
	return nil
}

func (s *Server) putPolicy(w http.ResponseWriter, r *http.Request) error {
	old, err := s.policy(r.Context(), r.PathValue("as"), r.PathValue("policy"))
	if err != nil {
		return err
	}
	in, err := readJSON[policy](w, r)
	if err != nil {
		return err
	}
	p, err := s.replacePolicy(r.Context(), r.PathValue("as"), old, in)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.policyView(r.PathValue("as"), p))
	return nil
}

func (s *Server) deletePolicy(w http.ResponseWriter, r *http.Request) error {
	p, err := s.policy(r.Context(), r.PathValue("as"), r.PathValue("policy"))
	if err != nil {
		return err
	}
	if err := s.store.update(r.Context(), func(tx *sql.Tx) error {
		return orNotFound(affected(tx.ExecContext(r.Context(), `DELETE FROM policy WHERE id = $1`, p.ID)), "Policy", p.ID)
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setPolicyStatus is the handler of both lifecycle operations.
func (s *Server) setPolicyStatus(status string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		old, err := s.policy(r.Context(), r.PathValue("as"), r.PathValue("policy"))
		if err != nil {
			return err
		}
		changed := old
		changed.Status = status
		if _, err := s.replacePolicy(r.Context(), r.PathValue("as"), old, changed); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
