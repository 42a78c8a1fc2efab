package coreapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/mgmtapi/route"
	"portico/plugin"
	"portico/routing"
)

// schemaRoutes: what core entities may be. Asking whether one would be accepted
// changes nothing, but is what those do who are about to change something.
func (s server) schemaRoutes() []route.Route {
	const schemas = coreEntities + "/schemas"
	return []route.Route{
		route.On("GET", schemas+"/plugins/{pluginName}", "fetch-plugin-schema", s.pluginSchema, inPlane(access.View)),
		route.On("POST", schemas+"/{entityName}/validate", "validate-entity-schema", s.validate,
			inPlane(access.Plugins).OrElse(inPlane(access.Services).OrElse(inPlane(access.Routes).OrElse(inPlane(access.Consumers))))),
	}
}

// schemaView is the contract's GetPluginSchemaResponse.
type schemaView struct {
	Fields []map[string]any `json:"fields"`
}

func (s server) pluginSchema(w http.ResponseWriter, r *http.Request) error {
	plane, name, err := inControlPlane(r, "pluginName")
	if err != nil {
		return err
	}
	if _, err := s.Gateways.ControlPlane(r.Context(), plane); err != nil {
		return err
	}
	definition, err := plugin.Find(name)
	if err != nil {
		return portico.Errorf(portico.KindNotFound, "No plugin with the name [%s] exists; there are %v.", name, plugin.Names())
	}
	return httpkit.JSON(w, http.StatusOK, schemaView{definition.Schema()})
}

// messageView is the contract's ValidateEntityResponse.
type messageView struct {
	Message string `json:"message"`
}

// validate says whether an entity would be accepted: 200, or 400 with what is
// wrong. Entities are called as in the paths of the API, or in the singular.
func (s server) validate(w http.ResponseWriter, r *http.Request) error {
	var check func(*http.Request) error
	switch name := r.PathValue("entityName"); name {
	case "service", "services":
		check = handlers[routing.ServiceFields, portico.Service]{resource: s.services()}.check
	case "route", "routes":
		check = handlers[routing.RouteFields, portico.Route]{resource: s.gatewayRoutes()}.check
	case "consumer", "consumers":
		check = handlers[routing.ConsumerFields, portico.Consumer]{resource: s.consumers()}.check
	case "plugin", "plugins":
		check = handlers[routing.PluginFields, portico.Plugin]{resource: s.plugins()}.check
	default:
		return portico.Errorf(portico.KindNotFound, "No schema with the name [%s] exists; there are services, routes, consumers and plugins.", name)
	}
	if err := check(r); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, messageView{"schema validation successful"})
}
