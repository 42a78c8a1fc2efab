package portico

import "context"

// Event is who does what, and from where: what the audit log tells besides the
// change itself. The faces put it into the context of every request.
type Event struct {
	Action    string // the operation's id, such as create-portal
	Principal Principal
	PortalID  PortalID // the portal whose face it came in by; empty: the organization's
	ClientIP  string
	UserAgent string
	TraceID   string
	Method    string
	URI       string // the path alone: a query may hold what must not be kept
}

// Principal is somebody who acts.
type Principal struct {
	Kind PrincipalKind
	ID   string
	Name string // an address or a name, for whoever reads the log
}

// PrincipalKind is what sort of somebody it is.
type PrincipalKind string

// The kinds. What nobody asked for, Portico does itself.
const (
	PrincipalUser          PrincipalKind = "user"
	PrincipalSystemAccount PrincipalKind = "system_account"
	PrincipalDeveloper     PrincipalKind = "developer"
	PrincipalPortico       PrincipalKind = "portico"
	PrincipalAnonymous     PrincipalKind = "anonymous" // nobody has signed in
)

type eventKey struct{}

// WithEvent keeps in the context who does what.
func WithEvent(ctx context.Context, e Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// EventFrom is who does what; without WithEvent it is Portico itself.
func EventFrom(ctx context.Context) Event {
	if e, ok := ctx.Value(eventKey{}).(Event); ok {
		return e
	}
	return Event{Principal: Principal{Kind: PrincipalPortico, Name: "Portico"}}
}
