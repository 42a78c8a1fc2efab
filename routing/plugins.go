package routing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/plugin"
	"portico/usecase"
)

// PluginFields are the fields of a plugin as a client writes them; null puts a
// default back. Service, Route and Consumer name what the plugin is limited to,
// by id or name.
type PluginFields struct {
	ID           portico.Opt[portico.PluginID] // of a new plugin only
	Name         portico.Opt[string]
	InstanceName portico.Opt[string]
	Service      portico.Opt[string]
	Route        portico.Opt[string]
	Consumer     portico.Opt[string]
	// Config is as encoding/json decodes it, with numbers as json.Number. What it
	// does not name stays as it is, or has its default in a new plugin.
	Config    portico.Opt[map[string]any]
	Protocols portico.Opt[[]string]
	Enabled   portico.Opt[bool]
	Tags      portico.Opt[[]string]
}

func plugins() coreEntity[portico.PluginID, portico.Plugin] {
	return coreEntity[portico.PluginID, portico.Plugin]{
		what: "plugin", name: "instance_name", collection: portico.Tx.Plugins,
		head: func(p *portico.Plugin) head[portico.PluginID] {
			return head[portico.PluginID]{&p.ID, &p.ControlPlaneID, &p.CreatedAt, &p.UpdatedAt}
		},
		fresh: func() portico.Plugin {
			return portico.Plugin{Protocols: plugin.Protocols(), Enabled: true, Config: "{}"}
		},
	}
}

// write applies the fields and checks the outcome as the gateways will.
func (in PluginFields) write(ctx context.Context, tx portico.Tx, to *portico.Plugin) error {
	if in.Name.Set && in.Name.Value != to.Name {
		to.Config = "{}" // another plugin's is not to be understood
	}
	in.Name.Apply(&to.Name)
	in.InstanceName.ApplyPtr(&to.InstanceName)
	orDefault(&to.Protocols, in.Protocols, plugin.Protocols())
	orDefault(&to.Enabled, in.Enabled, true)
	orDefault(&to.Tags, in.Tags, nil)
	if to.Name == "" {
		return portico.Invalid("name", "required", "is a required field")
	}
	definition, err := plugin.Find(to.Name)
	if err != nil {
		return err
	}
	if err := checkName(to.InstanceName); err != nil {
		return renamed(err, "name", "instance_name")
	}
	if err := checkTags(to.Tags); err != nil {
		return err
	}
	if err := checkProtocols(to.Protocols); err != nil {
		return err
	}
	if err := in.writeConfig(definition, to); err != nil {
		return err
	}
	if err := in.writeScope(ctx, tx, to); err != nil {
		return err
	}
	if definition.EveryCaller && to.ConsumerID != nil {
		return portico.Invalid("consumer", "invalid", "must be left out: "+to.Name+" acts before it is known who calls")
	}
	return nil
}

// renamed makes a fault of one field that of another.
func renamed(err error, from, to string) error {
	if e, ok := err.(*portico.Error); ok {
		for i := range e.Invalid {
			if e.Invalid[i].Field == from {
				e.Invalid[i].Field = to
			}
		}
	}
	return err
}

func checkProtocols(protocols []string) error {
	if len(protocols) == 0 {
		return portico.InvalidAll(portico.InvalidParameter{Field: "protocols", Rule: "min_items", Minimum: new(1), Reason: "must have at least one item"})
	}
	for i, p := range protocols {
		if !slices.Contains(plugin.Protocols(), p) {
			return portico.InvalidAll(portico.InvalidParameter{Field: "protocols." + strconv.Itoa(i), Rule: "enum", Choices: plugin.Protocols(),
				Reason: "must be one of " + strings.Join(plugin.Protocols(), ", ")})
		}
	}
	return nil
}

// writeConfig changes the configuration, and makes it complete.
func (in PluginFields) writeConfig(definition plugin.Definition, to *portico.Plugin) error {
	before, err := plugin.Decode(to.Config)
	if err != nil {
		return fmt.Errorf("configuration of plugin %s: %w", to.ID, err)
	}
	if in.Config.Null {
		before = nil
	}
	to.Config, err = definition.Complete(plugin.Merge(before, in.Config.Value))
	return err
}

// writeScope changes what the plugin is limited to, which must be in the same
// control plane.
func (in PluginFields) writeScope(ctx context.Context, tx portico.Tx, to *portico.Plugin) error {
	return firstOf(
		func() error { return scope(ctx, tx, services(), to.ControlPlaneID, in.Service, &to.ServiceID) },
		func() error { return scope(ctx, tx, routes(), to.ControlPlaneID, in.Route, &to.RouteID) },
		func() error { return scope(ctx, tx, consumers(), to.ControlPlaneID, in.Consumer, &to.ConsumerID) },
	)
}

// firstOf does one thing after another, until one fails.
func firstOf(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func scope[ID ~string, T any](ctx context.Context, tx portico.Tx, of coreEntity[ID, T], plane portico.ControlPlaneID, ref portico.Opt[string], to **ID) error {
	if !ref.Set || ref.Null {
		if ref.Null {
			*to = nil
		}
		return nil
	}
	found, err := of.find(ctx, tx, plane, ref.Value)
	if err != nil {
		return usecase.Missing(err, of.what, "There is no such "+of.what+" in the control plane.")
	}
	*to = new(*of.head(&found).id)
	return nil
}

// CreatePlugin adds a plugin. KindNotFound (control plane), KindInvalid,
// KindConflict (scope, instance name, id).
func (g Gateways) CreatePlugin(ctx context.Context, controlPlane portico.ControlPlaneID, in PluginFields) (portico.Plugin, error) {
	return plugins().create(ctx, g.Deps, controlPlane, in.ID, in.write)
}

// PutPlugin makes the plugin called ref, an id or an instance name, equal to
// in, and creates it if it is not there. Errors as CreatePlugin.
func (g Gateways) PutPlugin(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in PluginFields) (portico.Plugin, error) {
	if !portico.IsID(ref) {
		in.InstanceName = portico.Some(ref)
	}
	return plugins().put(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// UpdatePlugin changes a plugin; KindNotFound, KindInvalid, KindConflict.
func (g Gateways) UpdatePlugin(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in PluginFields) (portico.Plugin, error) {
	return plugins().change(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// ValidatePlugin says whether CreatePlugin would accept a plugin.
func (g Gateways) ValidatePlugin(ctx context.Context, controlPlane portico.ControlPlaneID, in PluginFields) error {
	return plugins().validate(ctx, g.Deps, controlPlane, in.write)
}

// Plugins returns a page of a control plane's plugins; KindNotFound.
func (g Gateways) Plugins(ctx context.Context, controlPlane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[portico.Plugin], error) {
	return plugins().list(ctx, g.Deps, controlPlane, q)
}

// Plugin returns the plugin called ref, an id or an instance name; KindNotFound.
func (g Gateways) Plugin(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) (portico.Plugin, error) {
	return plugins().get(ctx, g.Deps, controlPlane, ref)
}

// DeletePlugin removes a plugin: the gateways enforce it no longer. No error
// when it is gone already.
func (g Gateways) DeletePlugin(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) error {
	return plugins().remove(ctx, g.Deps, controlPlane, ref)
}
