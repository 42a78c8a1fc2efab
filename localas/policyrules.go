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
	"portico/localas/litedb"
)

// policyRule says which grant types and scopes a policy allows, and how long
// the tokens live.
type policyRule struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Name        string         `json:"name"`
	Priority    int            `json:"priority"`
	Status      string         `json:"status"`
	System      bool           `json:"system"`
	Conditions  ruleConditions `json:"conditions"`
	Actions     ruleActions    `json:"actions"`
	created     time.Time
	lastUpdated time.Time
}

type included struct {
	Include []string `json:"include"`
}

type inclusion struct {
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
}

type ruleConditions struct {
	People struct {
		Users  inclusion `json:"users"`
		Groups inclusion `json:"groups"`
	} `json:"people"`
	GrantTypes included `json:"grantTypes"`
	Scopes     included `json:"scopes"`
}

type ruleActions struct {
	Token struct {
		AccessTokenLifetimeMinutes  int `json:"accessTokenLifetimeMinutes"`
		RefreshTokenLifetimeMinutes int `json:"refreshTokenLifetimeMinutes"`
		RefreshTokenWindowMinutes   int `json:"refreshTokenWindowMinutes"`
	} `json:"token"`
}

const ruleType = "RESOURCE_ACCESS"

func (rule policyRule) covers(grantType string, scopes []string) bool {
	if !slices.Contains(rule.Conditions.GrantTypes.Include, grantType) {
		return false
	}
	allowed := rule.Conditions.Scopes.Include
	return slices.Contains(allowed, "*") ||
		!slices.ContainsFunc(scopes, func(name string) bool { return !slices.Contains(allowed, name) })
}

// everyone is the group of all people.
const everyone = "EVERYONE"

// admits reports whether the rule is for the person, by id; the conditions about
// people are not for a client that asks for itself.
func (rule policyRule) admits(a asking) bool {
	if a.person == nil {
		return true
	}
	ids := []string{everyone}
	for _, g := range a.groups {
		ids = append(ids, g.ID)
	}
	named := func(users, groups []string) bool {
		return slices.Contains(users, a.person.ID) || slices.ContainsFunc(groups, func(id string) bool { return slices.Contains(ids, id) })
	}
	people := rule.Conditions.People
	return named(people.Users.Include, people.Groups.Include) && !named(people.Users.Exclude, people.Groups.Exclude)
}

func (rule policyRule) lifetime() time.Duration {
	return time.Duration(rule.Actions.Token.AccessTokenLifetimeMinutes) * time.Minute
}

const ruleColumns = `id, name, priority, status, conditions, actions, system, created, last_updated`

func scanRule(row litedb.Scanner) (policyRule, error) {
	rule := policyRule{Type: ruleType}
	err := row.Scan(&rule.ID, &rule.Name, &rule.Priority, &rule.Status, litedb.JSON(&rule.Conditions), litedb.JSON(&rule.Actions), &rule.System,
		litedb.Time(&rule.created), litedb.Time(&rule.lastUpdated))
	return rule, err
}

// rules are in the order of evaluation.
func (s *Server) rules(ctx context.Context, policy string) ([]policyRule, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanRule,
		`SELECT `+ruleColumns+` FROM policy_rule WHERE policy = $1 ORDER BY priority, seq DESC`, policy)
}

func (s *Server) rule(ctx context.Context, policy, id string) (policyRule, error) {
	rule, err := scanRule(s.db.Reader().QueryRowContext(ctx, `SELECT `+ruleColumns+` FROM policy_rule WHERE policy = $1 AND id = $2`, policy, id))
	return rule, orNotFound(err, "PolicyRule", id)
}

func (s *Server) createRule(ctx context.Context, policy string, rule policyRule) (policyRule, error) {
	rule.System = false
	rule = ruleDefaults(rule)
	if err := checkRule(rule); err != nil {
		return policyRule{}, err
	}
	now := s.now().UTC()
	rule.ID, rule.created, rule.lastUpdated = dialect.NewID("0pr"), now, now
	err := s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		if rule.Priority, err = place(ctx, tx, "policy_rule", "policy", policy, rule.ID, rule.Priority); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO policy_rule
			(id, policy, name, priority, status, conditions, actions, system, created, last_updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`, rule.ID, policy, rule.Name, rule.Priority, rule.Status,
			litedb.ToJSON(rule.Conditions), litedb.ToJSON(rule.Actions), rule.System, now.UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A rule with this name already exists.")
	}
	return rule, err
}

func (s *Server) replaceRule(ctx context.Context, policy string, old, rule policyRule) (policyRule, error) {
	rule.ID, rule.System, rule.created, rule.lastUpdated = old.ID, old.System, old.created, s.now().UTC()
	if rule.Priority == 0 {
		rule.Priority = old.Priority
	}
	rule = ruleDefaults(rule)
	if err := checkRule(rule); err != nil {
		return policyRule{}, err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		if rule.Priority != old.Priority {
			if rule.Priority, err = place(ctx, tx, "policy_rule", "policy", policy, rule.ID, rule.Priority); err != nil {
				return err
			}
		}
		return litedb.Affected(tx.ExecContext(ctx, `UPDATE policy_rule SET name = $2, priority = $3, status = $4, conditions = $5,
			actions = $6, last_updated = $7 WHERE id = $1`, rule.ID, rule.Name, rule.Priority, rule.Status,
			litedb.ToJSON(rule.Conditions), litedb.ToJSON(rule.Actions), rule.lastUpdated.UnixMicro()))
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A rule with this name already exists.")
	}
	return rule, orNotFound(err, "PolicyRule", rule.ID)
}

func ruleDefaults(rule policyRule) policyRule {
	rule.Name, rule.Type = strings.TrimSpace(rule.Name), ruleType
	if rule.Status == "" {
		rule.Status = active
	}
	if rule.Actions.Token.AccessTokenLifetimeMinutes == 0 {
		rule.Actions.Token.AccessTokenLifetimeMinutes = 60
	}
	if rule.Actions.Token.RefreshTokenWindowMinutes == 0 {
		rule.Actions.Token.RefreshTokenWindowMinutes = 10080
	}
	people := &rule.Conditions.People
	for _, list := range []*[]string{&people.Users.Include, &people.Users.Exclude, &people.Groups.Include, &people.Groups.Exclude,
		&rule.Conditions.GrantTypes.Include, &rule.Conditions.Scopes.Include} {
		if *list == nil {
			*list = []string{}
		}
	}
	return rule
}

func checkRule(rule policyRule) error {
	var causes []string
	if rule.Name == "" || utf8.RuneCountInString(rule.Name) > 100 {
		causes = append(causes, "name: must have 1 to 100 characters.")
	}
	if len(rule.Conditions.GrantTypes.Include) == 0 {
		causes = append(causes, "conditions.grantTypes.include: must name at least one grant type.")
	}
	if rule.Status != active && rule.Status != inactive {
		causes = append(causes, "status: must be ACTIVE or INACTIVE.")
	}
	if rule.Priority < 0 {
		causes = append(causes, "priority: must not be negative.")
	}
	if lifetime := rule.lifetime(); lifetime < 5*time.Minute || lifetime > maxTokenLifetime {
		causes = append(causes, "actions.token.accessTokenLifetimeMinutes: must be 5 to 1440 minutes.")
	}
	if len(causes) > 0 {
		return dialect.Invalid("policyRule", causes...)
	}
	return nil
}

type ruleView struct {
	policyRule
	Created     string        `json:"created"`
	LastUpdated string        `json:"lastUpdated"`
	Links       dialect.Links `json:"_links"`
}

func (s *Server) ruleView(r *http.Request, rule policyRule) any {
	self := s.base + "/api/v1/authorizationServers/" + r.PathValue("as") + "/policies/" + r.PathValue("policy") + "/rules/" + rule.ID
	return ruleView{rule, dialect.Timestamp(rule.created), dialect.Timestamp(rule.lastUpdated), dialect.Links{
		"self":                 dialect.Link(self, "GET", "PUT", "DELETE"),
		lifecycle(rule.Status): dialect.Link(self+"/lifecycle/"+lifecycle(rule.Status), "POST"),
	}}
}

func (s *Server) removeRule(ctx context.Context, policy, id string) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM policy_rule WHERE policy = $1 AND id = $2`, policy, id)), "PolicyRule", id)
	})
}

func (s *Server) ruleResource() resource[policyRule] {
	return resource[policyRule]{
		wildcard: "rule", find: s.rule,
		owner: func(r *http.Request) (string, error) {
			p, err := s.policy(r.Context(), r.PathValue("as"), r.PathValue("policy"))
			return p.ID, err
		},
		list: func(_ http.ResponseWriter, r *http.Request, policy string) ([]policyRule, error) {
			return s.rules(r.Context(), policy)
		},
		create: s.createRule, replace: s.replaceRule, remove: s.removeRule, view: s.ruleView,
	}
}
