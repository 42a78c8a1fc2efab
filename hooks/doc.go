// Package hooks tells identity providers what becomes of the applications whose
// clients they hold (portico.EventReceiver): that an application was changed,
// that it was registered for an API, that it no longer is.
//
// Whoever changes something queues a task in the transaction of the change. The
// task says what to look at, not what happened: when it is worked off, it tells
// how things stand then. So nothing is lost when the provider is away, and
// nothing is told out of order when it is back. The package calls nobody by
// itself; package control hands it the tasks and the adapter.
package hooks
