package overview

import (
	"context"
	"encoding/json"
	"time"

	"portico"
	"portico/usecase"
)

// Decision is a change of the status of an account or of a registration, as the
// audit log tells of it.
type Decision struct {
	At          time.Time
	By          portico.Principal
	Kind        string // developer or registration
	ID          string
	Created     bool // it came into being then
	Status      portico.Status
	Reason      string // for the developer; may be empty
	Developer   portico.Developer
	Application portico.Application // of a registration
	API         portico.API         // of a registration
}

// The kinds of decisions, as audit entries name entities.
const (
	KindDeveloper    = "developer"
	KindRegistration = "registration"
)

// historyLength is how many entries of the audit log a history is made of.
const historyLength = 100

// History is what became of the status of one account or registration, the
// newest first. The caller has to know that it may be told.
func (o Overview) History(ctx context.Context, kind, id string) ([]Decision, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) ([]Decision, error) {
		entries, err := tx.AuditEntries(ctx, portico.AuditQuery{Size: historyLength, Filters: []portico.Filter{portico.Where("resource", resource(kind, id))}})
		var out []Decision
		for _, d := range decisions(entries) {
			if d.Kind == kind && d.ID == id {
				out = append(out, d)
			}
		}
		return out, err
	})
}

func resource(kind, id string) string { return "krn:portico:" + kind + "/" + id }

// scanned is how many entries of the audit log are looked through for what was
// decided lately.
const scanned = 200

// Decisions are the last ones that people have made and that the caller could
// have made, the newest first, at most so many.
func (o Overview) Decisions(ctx context.Context, most int) ([]Decision, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) ([]Decision, error) {
		entries, err := tx.AuditEntries(ctx, portico.AuditQuery{Size: scanned, Filters: []portico.Filter{
			{Field: "resource", Op: portico.OpAnyContains, Values: []string{resource(KindDeveloper, ""), resource(KindRegistration, "")}},
			{Field: "principal_kind", Op: portico.OpAnyEqual, Values: []string{string(portico.PrincipalUser), string(portico.PrincipalSystemAccount)}},
		}})
		if err != nil {
			return nil, err
		}
		found := decisions(entries)
		people, err := decidableDevelopers(ctx, tx, portico.Everything(idsOf(found, KindDeveloper)))
		if err != nil {
			return nil, err
		}
		registrations, err := decidableRegistrations(ctx, tx, portico.Everything(idsOf(found, KindRegistration)))
		if err != nil {
			return nil, err
		}
		wishes, err := requests(ctx, tx, registrations.Items)
		if err != nil {
			return nil, err
		}
		personBy := usecase.By(people.Items, func(d portico.Developer) string { return string(d.ID) })
		wishBy := usecase.By(wishes, func(r Request) string { return string(r.ID) })
		var out []Decision
		for _, d := range found {
			person, isPerson := personBy[d.ID]
			wish, isWish := wishBy[d.ID]
			switch {
			case len(out) == most:
				return out, nil
			case d.Created:
				continue
			case d.Kind == KindDeveloper && isPerson:
				d.Developer = person
			case d.Kind == KindRegistration && isWish:
				d.Developer, d.Application, d.API = wish.Developer, wish.Application, wish.API
			default:
				continue // it is gone, or not the caller's business
			}
			out = append(out, d)
		}
		return out, nil
	})
}

func idsOf(all []Decision, kind string) portico.Filter {
	var ids []string
	for _, d := range all {
		if d.Kind == kind {
			ids = append(ids, d.ID)
		}
	}
	return among("id", ids)
}

// decisions are the changes of a status in entries of the audit log.
func decisions(entries []portico.AuditEntry) []Decision {
	var out []Decision
	for _, e := range entries {
		for _, c := range e.Changes {
			if c.Entity != KindDeveloper && c.Entity != KindRegistration || c.Action == portico.AuditDeleted {
				continue
			}
			d := Decision{At: e.At, By: e.Event.Principal, Kind: c.Entity, ID: c.ID, Created: c.Action == portico.AuditCreated}
			for _, f := range c.Fields {
				switch f.Name {
				case "status":
					_ = json.Unmarshal(f.New, &d.Status) // a status is a text
				case "reason":
					_ = json.Unmarshal(f.New, &d.Reason) // what is withheld is left out
				}
			}
			if d.Status != "" {
				out = append(out, d)
			}
		}
	}
	return out
}
