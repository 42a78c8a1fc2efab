package storetest

import (
	"testing"

	"portico"
)

func testGatewayEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("plugins", check(open, w, subject[portico.PluginID, portico.Plugin]{
		of: portico.Tx.Plugins, id: func(e *portico.Plugin) *portico.PluginID { return &e.ID },
		refs: func(to *portico.Plugin, from portico.Plugin) {
			to.ControlPlaneID = from.ControlPlaneID
			if to.ServiceID != nil {
				to.ServiceID, to.RouteID, to.ConsumerID = from.ServiceID, from.RouteID, from.ConsumerID
			}
		}, like: w.Plugin}))
	t.Run("consumers", check(open, w, subject[portico.ConsumerID, portico.Consumer]{
		of: portico.Tx.Consumers, id: func(e *portico.Consumer) *portico.ConsumerID { return &e.ID },
		refs: func(to *portico.Consumer, from portico.Consumer) { to.ControlPlaneID = from.ControlPlaneID }, like: w.Consumer}))
	t.Run("consumer mappings", check(open, w, subject[portico.ConsumerMappingID, portico.ConsumerMapping]{
		of: portico.Tx.ConsumerMappings, id: func(e *portico.ConsumerMapping) *portico.ConsumerMappingID { return &e.ID },
		refs: func(to *portico.ConsumerMapping, from portico.ConsumerMapping) {
			to.ApplicationID, to.ControlPlaneID, to.ConsumerID = from.ApplicationID, from.ControlPlaneID, from.ConsumerID
		}, like: w.ConsumerMapping, alone: true}))
}
