package inventory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico"
)

// youth is how long a client may be without an application before it counts as
// orphaned: somebody may be about to bind it.
const youth = 10 * time.Minute

// mostBatches bounds a list, for a provider's might have no end. Adapters ask for
// 100 clients in a batch, or more.
const mostBatches = 20_000

// patience says whether it has waited as long as an identity provider wants.
type patience func(ctx context.Context, pause time.Duration) bool

// looking is one look at a provider's clients.
type looking struct {
	Inventories
	idp      portico.IdP
	can      portico.Capabilities
	patience patience
}

// theirs is the other side, as far as it can be seen.
type theirs struct {
	states     map[string]portico.ClientState // of ours and of those that we registered, by client id
	denied     map[string]bool                // of ours: the provider would not show them
	foreign    int64
	unreadable int64
}

// lists says whether the provider can enumerate its clients; reads, whether one
// of them can be looked at without harm.
func (l looking) lists() bool { _, ok := l.idp.(portico.ClientLister); return ok && l.reads() }

func (l looking) reads() bool {
	return !l.can.DestructiveRead && !slices.Contains(l.can.Unread, fieldName)
}

// unseen is what the look cannot tell.
func (l looking) unseen() []string {
	if !l.reads() {
		return append([]string{string(portico.FindingMissing), string(portico.FindingOrphaned)}, fields()...)
	}
	var out []string
	if !l.lists() {
		out = append(out, string(portico.FindingOrphaned))
	}
	return append(out, l.can.Unread...)
}

// at looks at every client that may be ours.
func (l looking) at(ctx context.Context, ours survey) (theirs, error) {
	seen := theirs{states: map[string]portico.ClientState{}, denied: map[string]bool{}}
	switch {
	case l.lists():
		return seen, l.list(ctx, ours, &seen)
	case l.reads():
		for _, client := range ours.clients() {
			state, err := l.read(ctx, client.ref)
			switch {
			case err == nil:
				seen.states[client.ref.ClientID] = state
			case portico.IsIdP(err, portico.IdPDenied):
				// A client's own token may be what was refused (RFC 7592), which says
				// nothing about the others.
				seen.denied[client.ref.ClientID] = true
				seen.unreadable++
			case !portico.IsIdP(err, portico.IdPNotFound):
				return seen, err
			}
		}
	}
	return seen, nil
}

// list goes through all the provider's clients.
func (l looking) list(ctx context.Context, ours survey, seen *theirs) error {
	lister := l.idp.(portico.ClientLister)
	cursor := ""
	for batches := 0; ; {
		batch, next, err := lister.Clients(ctx, cursor)
		if err != nil {
			if l.waited(ctx, err) {
				continue
			}
			return err
		}
		if batches++; next == cursor && next != "" || batches > mostBatches {
			return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "its list of clients comes to no end"}
		}
		for _, state := range batch {
			_, bound := ours.owners[state.Ref.ClientID]
			if bound || ours.marked(state) {
				seen.states[state.Ref.ClientID] = state
			} else {
				seen.foreign++
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// marked says whether the identity provider knows that this organization
// registered the client.
func (s survey) marked(state portico.ClientState) bool {
	return s.organization != "" && state.OrganizationID == s.organization && state.ApplicationID != ""
}

// read looks at one client.
func (l looking) read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	for {
		state, err := l.idp.Read(ctx, ref)
		if err == nil || !l.waited(ctx, err) {
			return state, err
		}
	}
}

// waited says whether what went wrong is worth another try, and waits for it.
func (l looking) waited(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*portico.IdPError](err)
	return ok && e.Kind == portico.IdPUnavailable && e.RetryAfter > 0 && l.patience(ctx, e.RetryAfter)
}

// compare finds what differs. An application counts that was the same before the
// look and after it, and whose credentials nobody is changing; what looks wrong
// in a list is looked at once more, for lists may lag behind.
func (l looking) compare(ctx context.Context, before, after survey, seen theirs) (findings []portico.Finding, looked int64, err error) {
	if !l.reads() {
		return nil, 0, nil
	}
	for _, client := range before.clients() {
		if !after.unchanged(client.app) || after.busy[client.app.ID] || seen.denied[client.ref.ClientID] {
			continue
		}
		looked++
		state, there := seen.states[client.ref.ClientID]
		finding, differs := l.judge(after, client, state, there)
		if differs && l.lists() {
			if finding, differs, err = l.look(ctx, after, client); err != nil {
				return nil, 0, err
			}
		}
		if differs {
			findings = append(findings, finding)
		}
	}
	for _, state := range seen.states {
		if _, orphaned := l.orphan(after, state); !orphaned {
			continue
		}
		finding, orphaned, err := l.lookAtOrphan(ctx, after, state.Ref)
		if err != nil {
			return nil, 0, err
		}
		if orphaned {
			findings = append(findings, finding)
		}
	}
	slices.SortFunc(findings, func(a, b portico.Finding) int {
		return compareStrings(string(a.Kind), string(b.Kind), strings.ToLower(a.Name), strings.ToLower(b.Name), a.Client.ClientID, b.Client.ClientID)
	})
	return findings, looked, nil
}

// look looks at one client of ours now.
func (l looking) look(ctx context.Context, ours survey, client owned) (portico.Finding, bool, error) {
	state, err := l.read(ctx, client.ref)
	if err != nil && !portico.IsIdP(err, portico.IdPNotFound) {
		return portico.Finding{}, false, err
	}
	finding, differs := l.judge(ours, client, state, err == nil)
	return finding, differs, nil
}

// judge says how one client of ours differs, if it does.
func (l looking) judge(ours survey, client owned, state portico.ClientState, there bool) (portico.Finding, bool) {
	app := ours.apps[client.app.ID]
	f := portico.Finding{Client: client.ref, ApplicationID: app.ID, Name: app.Name}
	if !there {
		f.Kind, f.Others = portico.FindingMissing, len(app.Clients()) > 1
		return identified(ours, f), true
	}
	f.Kind, f.Fields = portico.FindingDrifted, drift(app, ours.strategies[app.StrategyID], ours.provider, state, l.can.Unread)
	return identified(ours, f), len(f.Fields) > 0
}

// lookAtOrphan looks now at a client that is in nobody's hands.
func (l looking) lookAtOrphan(ctx context.Context, ours survey, ref portico.ClientRef) (portico.Finding, bool, error) {
	state, err := l.read(ctx, ref)
	if portico.IsIdP(err, portico.IdPNotFound) {
		return portico.Finding{}, false, nil
	}
	if err != nil {
		return portico.Finding{}, false, err
	}
	finding, orphaned := l.orphan(ours, state)
	return finding, orphaned, nil
}

// orphan says whether a client that we registered has no application.
func (l looking) orphan(ours survey, state portico.ClientState) (portico.Finding, bool) {
	_, bound := ours.owners[state.Ref.ClientID]
	young := state.CreatedAt != nil && l.Now().Sub(*state.CreatedAt) < youth
	if bound || young || !ours.marked(state) || ours.busy[state.ApplicationID] || ours.leaving[state.Ref.ClientID] {
		return portico.Finding{}, false
	}
	return identified(ours, portico.Finding{Kind: portico.FindingOrphaned, Client: state.Ref, ApplicationID: state.ApplicationID, Name: state.Name}), true
}
