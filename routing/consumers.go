package routing

import (
	"context"
	"slices"
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

// ConsumerFor finds a consumer in the control planes that implement an API.
// KindInvalid says that none of them has it.
func (g Gateways) ConsumerFor(ctx context.Context, api portico.APIID, id portico.ConsumerID) (portico.Consumer, error) {
	return usecase.View(ctx, g.Store, func(tx portico.Tx) (portico.Consumer, error) { return consumerFor(ctx, tx, api, id) })
}

func consumerFor(ctx context.Context, tx portico.Tx, api portico.APIID, id portico.ConsumerID) (portico.Consumer, error) {
	linked, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", api)))
	if err != nil {
		return portico.Consumer{}, err
	}
	found, err := tx.Consumers().ByID(ctx, id)
	if err == nil && !slices.ContainsFunc(linked.Items, func(i portico.Implementation) bool { return i.ControlPlaneID == found.ControlPlaneID }) {
		err = portico.NotFound("consumer", id)
	}
	if err != nil {
		return portico.Consumer{}, usecase.Missing(err, "id", "No consumer with this id exists in a control plane that implements the API.")
	}
	return found, nil
}

// MapConsumer makes an application call as a consumer in the consumer's control
// plane, which must implement the API; in place of another one, if it had one
// there. KindInvalid says that it does not.
func (g Gateways) MapConsumer(ctx context.Context, app portico.ApplicationID, api portico.APIID, id portico.ConsumerID) error {
	return g.Commit(ctx, func(tx portico.Tx) error {
		consumer, err := consumerFor(ctx, tx, api, id)
		if err != nil {
			return err
		}
		there, err := mappings(ctx, tx, app, consumer.ControlPlaneID)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			_, err := tx.ConsumerMappings().Change(ctx, there[0].ID, func(to *portico.ConsumerMapping) error {
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

// UnmapConsumer makes an application call without a consumer in a control
// plane; no error when it has none there.
func (g Gateways) UnmapConsumer(ctx context.Context, app portico.ApplicationID, plane portico.ControlPlaneID) error {
	return g.Commit(ctx, func(tx portico.Tx) error {
		there, err := mappings(ctx, tx, app, plane)
		for _, m := range there {
			if err := tx.ConsumerMappings().Delete(ctx, m.ID); err != nil {
				return err
			}
		}
		return err
	})
}

// mappings finds the one of an application in a control plane, if there is one.
func mappings(ctx context.Context, tx portico.Tx, app portico.ApplicationID, plane portico.ControlPlaneID) ([]portico.ConsumerMapping, error) {
	found, err := tx.ConsumerMappings().List(ctx, portico.Everything(portico.Where("application_id", app), portico.Where("control_plane_id", plane)))
	return found.Items, err
}

// RegisteredConsumers finds as whom registrations' applications call the APIs
// that they are registered for, by registration.
func RegisteredConsumers(ctx context.Context, tx portico.Tx, registrations []portico.Registration) (map[portico.RegistrationID]portico.Consumer, error) {
	all, err := tx.ConsumerMappings().List(ctx, portico.Everything(
		usecase.AnyOf("application_id", registrations, func(r portico.Registration) portico.ApplicationID { return r.ApplicationID })))
	if err != nil || len(all.Items) == 0 {
		return nil, err
	}
	used, err := tx.Consumers().List(ctx, portico.Everything(
		usecase.AnyOf("id", all.Items, func(m portico.ConsumerMapping) portico.ConsumerID { return m.ConsumerID })))
	if err != nil {
		return nil, err
	}
	linked, err := tx.Implementations().List(ctx, portico.Everything(
		usecase.AnyOf("api_id", registrations, func(r portico.Registration) portico.APIID { return r.APIID })))
	if err != nil {
		return nil, err
	}
	by := usecase.By(used.Items, func(c portico.Consumer) portico.ConsumerID { return c.ID })
	type place struct {
		app   portico.ApplicationID
		plane portico.ControlPlaneID
	}
	mapped := map[place]portico.ConsumerID{}
	for _, m := range all.Items {
		mapped[place{m.ApplicationID, m.ControlPlaneID}] = m.ConsumerID
	}
	out := map[portico.RegistrationID]portico.Consumer{}
	for _, r := range registrations {
		for _, i := range linked.Items {
			if id, ok := mapped[place{r.ApplicationID, i.ControlPlaneID}]; ok && i.APIID == r.APIID {
				out[r.ID] = by[id]
			}
		}
	}
	return out, nil
}
