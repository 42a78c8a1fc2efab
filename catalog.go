package portico

import "time"

// Visibility of an API or a page in a portal.
type Visibility string

// The visibilities.
const (
	Public  Visibility = "public"
	Private Visibility = "private"
)

// Portal is one developer portal.
type Portal struct {
	ID                      PortalID
	Name                    string // unique
	DisplayName             string
	Description             *string
	AuthenticationEnabled   bool
	RBACEnabled             bool
	SIPREnabled             bool
	DefaultAPIVisibility    Visibility
	DefaultPageVisibility   Visibility
	DefaultStrategyID       *StrategyID
	AutoApproveDevelopers   bool
	AutoApproveApplications bool
	NotificationsPIIVisible bool   // notifications_developer_pii_visibility_enabled
	BasicAuthEnabled        bool   // developers can sign in with a password
	TeamMappingEnabled      bool   // identity providers' groups put developers into teams
	CustomDomain            string // a host name of its own, unique; empty: none
	Language                string // what pages are in unless a visitor says otherwise: en, ja
	Subdomain               string // first label of default_domain, unique
	Labels                  map[string]string
	CreatedAt               time.Time
	UpdatedAt               time.Time
}

// API is an entry of the catalogue: an API, or a package of operations of
// several APIs, which portals show and developers register for in the same way.
// (Name, Version) is unique among either; Slug is unique among all.
type API struct {
	ID          APIID
	IsPackage   bool
	Name        string
	Version     *string
	Description *string
	Slug        string
	Labels      map[string]string
	Attributes  map[string][]string
	RateLimit   *RateLimit // of a package, for each operation of each application; nil: none
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// EntityType is what the contracts call the two kinds of API.
func (a API) EntityType() string {
	if a.IsPackage {
		return EntityPackage
	}
	return EntityAPI
}

// The contracts' entity types of what is published and registered for.
const (
	EntityAPI     = "api"
	EntityPackage = "api_package"
)

// SpecificationType is the format of an API's specification.
type SpecificationType string

// The specification types that a version can have.
const (
	SpecificationOAS2     SpecificationType = "oas2"
	SpecificationOAS3     SpecificationType = "oas3"
	SpecificationAsyncAPI SpecificationType = "asyncapi"
)

// Version is a version of an API with its specification document.
type Version struct {
	ID        VersionID
	APIID     APIID
	Version   string // unique within the API
	Content   string // the document as it was given: JSON or YAML
	Type      SpecificationType
	Messages  []string // findings of validation; an imperfect document is kept
	Computed  bool     // a package's: made from its operations instead of given
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Publication makes an API visible in a portal. (API, portal) is unique.
type Publication struct {
	ID                       PublicationID
	APIID                    APIID
	PortalID                 PortalID
	StrategyID               *StrategyID // nil: no application auth
	AutoApproveRegistrations *bool
	Visibility               Visibility
	CreatedAt                time.Time
	UpdatedAt                time.Time
}

// AutoApproves says that nobody needs to decide about registrations for the
// publication's API: its portal approves all of them, or it does so itself.
func (p Publication) AutoApproves(in Portal) bool {
	return in.AutoApproveApplications || p.AutoApproveRegistrations != nil && *p.AutoApproveRegistrations
}

// Implementation links an API to what serves it: a gateway service, or a whole
// control plane.
type Implementation struct {
	ID             ImplementationID
	APIID          APIID
	ControlPlaneID ControlPlaneID
	ServiceID      *ServiceID // nil: the control plane itself
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// ControlPlane groups the services and routes of one set of gateways.
type ControlPlane struct {
	ID          ControlPlaneID
	Name        string // unique
	Description string
	ClusterType string
	AuthType    string
	Labels      map[string]string
	ProxyURLs   []ProxyURL
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// ProxyURL is where callers reach the gateways of a control plane: a note for
// people, which the gateways do not act on.
type ProxyURL struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

// Service is an upstream that the gateway forwards to (core-entities).
// Timeouts are in milliseconds, as on the wire.
type Service struct {
	ID             ServiceID
	ControlPlaneID ControlPlaneID
	Name           *string // unique within the control plane
	Protocol       string
	Host           string
	Port           int
	Path           *string
	Retries        int
	ConnectTimeout int
	ReadTimeout    int
	WriteTimeout   int
	Enabled        bool
	Tags           []string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Route says which requests go to a service (core-entities).
type Route struct {
	ID                      RouteID
	ControlPlaneID          ControlPlaneID
	ServiceID               *ServiceID
	Name                    *string // unique within the control plane
	Protocols               []string
	Methods                 []string
	Hosts                   []string
	Paths                   []string
	Headers                 map[string][]string
	RegexPriority           int
	StripPath               bool
	PreserveHost            bool
	PathHandling            string
	HTTPSRedirectStatusCode int
	RequestBuffering        bool
	ResponseBuffering       bool
	Tags                    []string
	CreatedAt               time.Time
	UpdatedAt               time.Time
}
