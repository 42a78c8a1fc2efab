package routing

import (
	"context"
	"unicode/utf8"

	"portico"
	"portico/usecase"
)

// ConsumerFields are the fields of a consumer as a client writes them; null
// removes what is there.
type ConsumerFields struct {
	ID       portico.Opt[portico.ConsumerID] // of a new consumer only
	Username portico.Opt[string]
	CustomID portico.Opt[string]
	Tags     portico.Opt[[]string]
}

func consumers() coreEntity[portico.ConsumerID, portico.Consumer] {
	return coreEntity[portico.ConsumerID, portico.Consumer]{
		what: "consumer", name: "username", collection: portico.Tx.Consumers,
		head: func(c *portico.Consumer) head[portico.ConsumerID] {
			return head[portico.ConsumerID]{&c.ID, &c.ControlPlaneID, &c.CreatedAt, &c.UpdatedAt}
		},
		fresh: func() portico.Consumer { return portico.Consumer{} },
	}
}

// maxConsumerName is the most characters of a username and of a custom id.
const maxConsumerName = 256

// write applies the fields and checks the outcome.
func (in ConsumerFields) write(_ context.Context, _ portico.Tx, to *portico.Consumer) error {
	in.Username.ApplyPtr(&to.Username)
	in.CustomID.ApplyPtr(&to.CustomID)
	orDefault(&to.Tags, in.Tags, nil)
	if to.Username == nil && to.CustomID == nil {
		return portico.Invalid("username", "required", "is a required field, unless custom_id is given")
	}
	for field, value := range map[string]*string{"username": to.Username, "custom_id": to.CustomID} {
		if value == nil {
			continue
		}
		if n := utf8.RuneCountInString(*value); n < 1 || n > maxConsumerName {
			return portico.Invalid(field, "invalid", "must have 1 to 256 characters")
		}
	}
	if to.Username != nil && portico.IsID(*to.Username) && *to.Username != string(to.ID) {
		return portico.Invalid("username", "invalid", "must not look like an id")
	}
	return checkTags(to.Tags)
}

// CreateConsumer adds a consumer. KindNotFound (control plane), KindInvalid,
// KindConflict (username, custom id, id).
func (g Gateways) CreateConsumer(ctx context.Context, controlPlane portico.ControlPlaneID, in ConsumerFields) (portico.Consumer, error) {
	return consumers().create(ctx, g.Deps, controlPlane, in.ID, in.write)
}

// PutConsumer makes the consumer called ref, an id or a username, equal to in,
// and creates it if it is not there. Errors as CreateConsumer.
func (g Gateways) PutConsumer(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in ConsumerFields) (portico.Consumer, error) {
	if !portico.IsID(ref) {
		in.Username = portico.Some(ref)
	}
	return consumers().put(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// UpdateConsumer changes a consumer; KindNotFound, KindInvalid, KindConflict.
func (g Gateways) UpdateConsumer(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in ConsumerFields) (portico.Consumer, error) {
	return consumers().change(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// ValidateConsumer says whether CreateConsumer would accept a consumer.
func (g Gateways) ValidateConsumer(ctx context.Context, controlPlane portico.ControlPlaneID, in ConsumerFields) error {
	return consumers().validate(ctx, g.Deps, controlPlane, in.write)
}

// Consumers returns a page of a control plane's consumers; KindNotFound.
func (g Gateways) Consumers(ctx context.Context, controlPlane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[portico.Consumer], error) {
	return consumers().list(ctx, g.Deps, controlPlane, q)
}

// Consumer returns the consumer called ref, an id or a username; KindNotFound.
func (g Gateways) Consumer(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) (portico.Consumer, error) {
	return consumers().get(ctx, g.Deps, controlPlane, ref)
}

// DeleteConsumer removes a consumer with its plugins; the applications that it
// stood for call without one from then on. No error when it is gone already.
func (g Gateways) DeleteConsumer(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) error {
	return consumers().remove(ctx, g.Deps, controlPlane, ref)
}

// MapConsumer makes an application call as a consumer wherever it calls the
// API: in the control planes that implement the API, one of which must have the
// consumer. KindInvalid says that none has.
func (g Gateways) MapConsumer(ctx context.Context, app portico.ApplicationID, api portico.APIID, id portico.ConsumerID) error {
	return g.Commit(ctx, func(tx portico.Tx) error {
		planes, err := planesOf(ctx, tx, api)
		if err != nil {
			return err
		}
		consumer, err := tx.Consumers().ByID(ctx, id)
		if err == nil && !planes[consumer.ControlPlaneID] {
			err = portico.NotFound("consumer", id)
		}
		if err != nil {
			return usecase.Missing(err, "id", "No consumer with this id exists in a control plane that implements the API.")
		}
		there, err := tx.ConsumerMappings().List(ctx, portico.Everything(
			portico.Where("application_id", app), portico.Where("control_plane_id", consumer.ControlPlaneID)))
		if err != nil {
			return err
		}
		if len(there.Items) > 0 {
			_, err := tx.ConsumerMappings().Change(ctx, there.Items[0].ID, func(to *portico.ConsumerMapping) error {
				to.ConsumerID = id
				return nil
			})
			return err
		}
		now := g.Now()
		return tx.ConsumerMappings().Insert(ctx, portico.ConsumerMapping{
			ID: portico.ConsumerMappingID(g.NewID()), ApplicationID: app, ControlPlaneID: consumer.ControlPlaneID, ConsumerID: id,
			CreatedAt: now, UpdatedAt: now,
		})
	})
}

// UnmapConsumer makes an application call without a consumer in the control
// planes that implement an API. KindNotFound when it has none there.
func (g Gateways) UnmapConsumer(ctx context.Context, app portico.ApplicationID, api portico.APIID) error {
	return g.Commit(ctx, func(tx portico.Tx) error {
		planes, err := planesOf(ctx, tx, api)
		if err != nil {
			return err
		}
		there, err := tx.ConsumerMappings().List(ctx, portico.Everything(portico.Where("application_id", app)))
		if err != nil {
			return err
		}
		removed := false
		for _, m := range there.Items {
			if planes[m.ControlPlaneID] {
				removed = true
				if err := tx.ConsumerMappings().Delete(ctx, m.ID); err != nil {
					return err
				}
			}
		}
		if !removed {
			return portico.Errorf(portico.KindNotFound, "The application [%s] has no consumer where the API is implemented.", app)
		}
		return nil
	})
}

// planesOf are the control planes that implement an API.
func planesOf(ctx context.Context, tx portico.Tx, api portico.APIID) (map[portico.ControlPlaneID]bool, error) {
	linked, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", api)))
	out := map[portico.ControlPlaneID]bool{}
	for _, i := range linked.Items {
		out[i.ControlPlaneID] = true
	}
	return out, err
}

// RegisteredConsumers finds as whom registrations' applications call the APIs
// that they are registered for, by registration.
func RegisteredConsumers(ctx context.Context, tx portico.Tx, all []portico.Registration) (map[portico.RegistrationID]portico.Consumer, error) {
	mappings, err := tx.ConsumerMappings().List(ctx, portico.Everything(
		usecase.AnyOf("application_id", all, func(r portico.Registration) portico.ApplicationID { return r.ApplicationID })))
	if err != nil || len(mappings.Items) == 0 {
		return nil, err
	}
	used, err := tx.Consumers().List(ctx, portico.Everything(
		usecase.AnyOf("id", mappings.Items, func(m portico.ConsumerMapping) portico.ConsumerID { return m.ConsumerID })))
	if err != nil {
		return nil, err
	}
	linked, err := tx.Implementations().List(ctx, portico.Everything(
		usecase.AnyOf("api_id", all, func(r portico.Registration) portico.APIID { return r.APIID })))
	if err != nil {
		return nil, err
	}
	by := usecase.By(used.Items, func(c portico.Consumer) portico.ConsumerID { return c.ID })
	type context struct {
		app   portico.ApplicationID
		plane portico.ControlPlaneID
	}
	mapped := map[context]portico.ConsumerID{}
	for _, m := range mappings.Items {
		mapped[context{m.ApplicationID, m.ControlPlaneID}] = m.ConsumerID
	}
	out := map[portico.RegistrationID]portico.Consumer{}
	for _, r := range all {
		for _, i := range linked.Items {
			if id, ok := mapped[context{r.ApplicationID, i.ControlPlaneID}]; ok && i.APIID == r.APIID {
				out[r.ID] = by[id]
			}
		}
	}
	return out, nil
}
