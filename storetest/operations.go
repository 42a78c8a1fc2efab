package storetest

import (
	"testing"

	"portico"
)

func testOperationEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("implementations", check(open, w, subject[portico.ImplementationID, portico.Implementation]{
		of: portico.Tx.Implementations, id: func(e *portico.Implementation) *portico.ImplementationID { return &e.ID },
		refs: func(to *portico.Implementation, from portico.Implementation) {
			to.APIID, to.ControlPlaneID = from.APIID, from.ControlPlaneID
			if to.ServiceID != nil {
				to.ServiceID = from.ServiceID
			}
		}, like: w.Implementation, alone: true}))
	t.Run("operations", check(open, w, subject[portico.OperationID, portico.Operation]{
		of: portico.Tx.Operations, id: func(e *portico.Operation) *portico.OperationID { return &e.ID },
		refs: func(to *portico.Operation, from portico.Operation) { to.APIID = from.APIID }, like: w.Operation}))
	t.Run("operations of packages", check(open, w, subject[portico.PackageOperationID, portico.PackageOperation]{
		of: portico.Tx.PackageOperations, id: func(e *portico.PackageOperation) *portico.PackageOperationID { return &e.ID },
		refs: func(to *portico.PackageOperation, from portico.PackageOperation) {
			to.PackageID, to.OperationID = from.PackageID, from.OperationID
		}, like: w.PackageOperation, alone: true}))
}
