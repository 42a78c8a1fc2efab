package localas

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/localas/directory"
	"portico/localas/litedb"
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

// asking is who asks for a token, and for what.
type asking struct {
	client    client
	grantType string
	scopes    []string
	person    *directory.Person // nil when the client asks for itself
	groups    []directory.Group // of the person
}

// decision finds the first rule, by the priority of policies and then of
// rules, that covers the client, the grant type, every scope and the person.
func decision(policies []policy, rules map[string][]policyRule, a asking) (policyRule, bool) {
	for _, p := range policies {
		if p.Status != active || !p.covers(a.client) {
			continue
		}
		for _, rule := range rules[p.ID] {
			if rule.Status == active && rule.covers(a.grantType, a.scopes) && rule.admits(a) {
				return rule, true
			}
		}
	}
	return policyRule{}, false
}

// decide applies the server's policies to a request.
func (s *Server) decide(ctx context.Context, server string, a asking) (policyRule, bool, error) {
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
	rule, found := decision(policies, rules, a)
	return rule, found, nil
}

const policyColumns = `id, name, description, priority, status, clients, system, created, last_updated`

func scanPolicy(row litedb.Scanner) (policy, error) {
	p := policy{Type: policyType}
	err := row.Scan(&p.ID, &p.Name, &p.Description, &p.Priority, &p.Status, litedb.JSON(&p.Conditions.Clients.Include), &p.System,
		litedb.Time(&p.created), litedb.Time(&p.lastUpdated))
	return p, err
}

// policies are in the order of evaluation.
func (s *Server) policies(ctx context.Context, server string) ([]policy, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanPolicy,
		`SELECT `+policyColumns+` FROM policy WHERE server = $1 ORDER BY priority, seq DESC`, server)
}

func (s *Server) policy(ctx context.Context, server, id string) (policy, error) {
	p, err := scanPolicy(s.db.Reader().QueryRowContext(ctx, `SELECT `+policyColumns+` FROM policy WHERE server = $1 AND id = $2`, server, id))
	return p, orNotFound(err, "Policy", id)
}

// createPolicy stores a policy at its priority; those at or after it move down.
// Without a priority it comes last.
func (s *Server) createPolicy(ctx context.Context, server string, p policy) (policy, error) {
	p.System = false
	p = policyDefaults(p)
	if err := checkPolicy(p); err != nil {
		return policy{}, err
	}
	now := s.now().UTC()
	p.ID, p.created, p.lastUpdated = dialect.NewID("00p"), now, now
	err := s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		if p.Priority, err = place(ctx, tx, "policy", "server", server, p.ID, p.Priority); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO policy
			(id, server, name, description, priority, status, clients, system, created, last_updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`, p.ID, server, p.Name, p.Description, p.Priority, p.Status,
			litedb.ToJSON(p.Conditions.Clients.Include), p.System, now.UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A policy with this name already exists.")
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
	err := s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		if p.Priority != old.Priority {
			if p.Priority, err = place(ctx, tx, "policy", "server", server, p.ID, p.Priority); err != nil {
				return err
			}
		}
		return litedb.Affected(tx.ExecContext(ctx, `UPDATE policy SET name = $2, description = $3, priority = $4, status = $5,
			clients = $6, last_updated = $7 WHERE id = $1`, p.ID, p.Name, p.Description, p.Priority, p.Status,
			litedb.ToJSON(p.Conditions.Clients.Include), p.lastUpdated.UnixMicro()))
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A policy with this name already exists.")
	}
	return p, orNotFound(err, "Policy", p.ID)
}

// createOpenPolicy creates a policy for all clients with one rule for client
// credentials and sign-ins, any scope, everybody and a lifetime of an hour.
func (s *Server) createOpenPolicy(ctx context.Context, server, name string) (policy, error) {
	in := policy{Name: name, Description: "Lets every client ask for any scope of this authorization server"}
	in.Conditions.Clients.Include = []string{allClients}
	p, err := s.createPolicy(ctx, server, in)
	if err != nil {
		return policy{}, err
	}
	rule := policyRule{Name: "Clients and people"}
	rule.Conditions.GrantTypes.Include = []string{clientCredentialsGrant, authorizationCodeGrant}
	rule.Conditions.People.Groups.Include = []string{everyone}
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
		return dialect.Invalid("policy", causes...)
	}
	return nil
}

type policyView struct {
	policy
	Created     string        `json:"created"`
	LastUpdated string        `json:"lastUpdated"`
	Links       dialect.Links `json:"_links"`
}

func (s *Server) policyView(r *http.Request, p policy) any {
	self := s.base + "/api/v1/authorizationServers/" + r.PathValue("as") + "/policies/" + p.ID
	return policyView{p, dialect.Timestamp(p.created), dialect.Timestamp(p.lastUpdated), dialect.Links{
		"self": dialect.Link(self, "GET", "PUT", "DELETE"), "rules": dialect.Link(self+"/rules", "GET"),
		lifecycle(p.Status): dialect.Link(self+"/lifecycle/"+lifecycle(p.Status), "POST"),
	}}
}

func (s *Server) removePolicy(ctx context.Context, server, id string) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM policy WHERE server = $1 AND id = $2`, server, id)), "Policy", id)
	})
}

func (s *Server) policyResource() resource[policy] {
	return resource[policy]{
		wildcard: "policy", owner: s.serverID, find: s.policy,
		list: func(_ http.ResponseWriter, r *http.Request, server string) ([]policy, error) {
			return s.policies(r.Context(), server)
		},
		create: s.createPolicy, replace: s.replacePolicy, remove: s.removePolicy, view: s.policyView,
	}
}
