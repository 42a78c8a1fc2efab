package portico

import "time"

// MaxEnforcedOperations is how many operations an API may have whose access is
// controlled operation by operation.
const MaxEnforcedOperations = 1000

// Operation is an operation of an API's current specification. (API, Method,
// Path) is unique; as long as the specification has it, its id stays.
type Operation struct {
	ID      OperationID
	APIID   APIID
	Method  string // upper case
	Path    string // as in the specification, such as /orders/{id}
	Name    string // operationId; may be empty
	Summary string
	Tags    []string
	// Templates are the paths that callers use: Path below the path of each of
	// the specification's servers.
	Templates []string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Key names an operation within its API.
func (o Operation) Key() string { return o.Method + " " + o.Path }

// PackageOperation puts an operation into a package. (Package, Operation) is
// unique.
type PackageOperation struct {
	ID          PackageOperationID
	PackageID   APIID
	OperationID OperationID
	RateLimit   *RateLimit // nil: the package's
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// RateLimit is how many requests an application may send in every window of
// time (contract: RateLimitingConfig).
type RateLimit struct {
	Limit    int    `json:"limit"`
	Duration string `json:"duration"` // seconds, minutes or hours: one of them
}

// RateLimitDurations are the contract's windows.
func RateLimitDurations() []string { return []string{"seconds", "minutes", "hours"} }

// Window is the length of a window.
func (r RateLimit) Window() time.Duration {
	switch r.Duration {
	case "hours":
		return time.Hour
	case "minutes":
		return time.Minute
	}
	return time.Second
}

// TooManyOperations is the refusal of an API with too many operations to
// control the access to each of them.
func TooManyOperations(count int) error {
	return Errorf(KindConflict,
		"Access control enforcement takes APIs of at most %d operations, and this one has %d; nothing was changed. Split the API, or link it to a gateway service.",
		MaxEnforcedOperations, count)
}
