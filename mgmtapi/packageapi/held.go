package packageapi

import (
	"net/http"
	"regexp"
	"strings"

	"portico"
	"portico/access"
	"portico/apipackages"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// heldRoutes: the operations that a package holds.
func (s server) heldRoutes() []route.Route {
	const operations = "/v3/api-packages/{apiId}/operations"
	return []route.Route{
		route.On("GET", operations, "list-api-packages-operations", s.listHeld, views()),
		route.On("PATCH", operations, "update-api-package-operations", s.changeOperations, edits()),
		route.On("GET", operations+"/{operationId}", "get-api-packages-operation", s.held, views()),
		route.On("DELETE", operations+"/{operationId}", "remove-api-package-operation", s.removeOperation, edits()),
	}
}

// heldView is the contract's ApiPackageOperationResponseSchema.
type heldView struct {
	ID        portico.OperationID `json:"id"`
	API       heldAPIView         `json:"api"`
	Method    string              `json:"method"`
	Path      string              `json:"path"`
	RateLimit *rateLimit          `json:"rate_limiting_config"`
	Status    statusView          `json:"implementation_status"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

// heldAPIView is the API of an operation. The contract wants a text for its
// version; an API without one has the empty text.
type heldAPIView struct {
	ID      portico.APIID `json:"id"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
}

func viewHeld(h apipackages.HeldOperation) heldView {
	out := heldView{
		ID: h.Operation.ID, API: heldAPIView{ID: h.API.ID, Name: h.API.Name}, Method: h.Operation.Method, Path: h.Operation.Path,
		RateLimit: (*rateLimit)(h.Held.RateLimit), Status: viewStatus(h.Operation.Match),
		CreatedAt: httpkit.Timestamp(h.Held.CreatedAt), UpdatedAt: httpkit.Timestamp(h.Held.UpdatedAt),
	}
	if h.API.Version != nil {
		out.API.Version = *h.API.Version
	}
	return out
}

func (s server) listHeld(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{
		Filters: map[string]listing.FieldKind{
			"api_id": listing.UUID(), "method": listing.String(), "path": listing.String(), "created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"path", "method", "api_id", "created_at", "updated_at"},
	})
	if err != nil {
		return err
	}
	page, err := s.Packages.Held(r.Context(), id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewHeld))
}

func (s server) held(w http.ResponseWriter, r *http.Request) error {
	id, operation, err := httpkit.PathIDs[portico.APIID, portico.OperationID](r, "apiId", "operationId")
	if err != nil {
		return err
	}
	h, err := s.Packages.HeldOne(r.Context(), id, operation)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewHeld(h))
}

func (s server) removeOperation(w http.ResponseWriter, r *http.Request) error {
	id, operation, err := httpkit.PathIDs[portico.APIID, portico.OperationID](r, "apiId", "operationId")
	if err != nil {
		return err
	}
	if err := s.Packages.RemoveOperation(r.Context(), id, operation); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// operationPath is the contract's path of a change.
var operationPath = regexp.MustCompile(`^operations/[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// changeOperations reads the contract's APIPackageJSONPatchOperation.
func (s server) changeOperations(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	body, err := httpkit.ReadArray(r)
	if err != nil {
		return err
	}
	var changes []apipackages.Change
	for _, o := range body.Objects("body", httpkit.MinItems(1), httpkit.MaxItems(apipackages.MaxChanges)) {
		c := apipackages.Change{Verb: apipackages.Verb(o.Enum("op", httpkit.Required, string(apipackages.Add), string(apipackages.Remove), string(apipackages.Replace)))}
		path := o.String("path", httpkit.Required, httpkit.Pattern(operationPath, "operations/ and the id of an operation"))
		c.Operation = portico.OperationID(strings.ToLower(strings.TrimPrefix(path, "operations/")))
		if value, set, null := o.OptObject("value"); null {
			o.Invalid("value", "is_object", "must be an object")
		} else if set {
			if c.RateLimit = readRateLimit(value); !c.RateLimit.Set {
				value.Invalid("rate_limiting_config", "required", "is required")
			}
		} else if c.Verb == apipackages.Replace {
			o.Invalid("value", "required", "is required to replace what applies to an operation")
		}
		changes = append(changes, c)
	}
	if err := body.Err(); err != nil {
		return err
	}
	granted := access.From(r.Context())
	sees := func(api portico.APIID) bool { return granted.May(access.APIs, access.View, string(api)) }
	if err := s.Packages.ChangeOperations(r.Context(), id, changes, sees); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
