package gateways_test

import (
	"net/url"
	"testing"

	"portico"
	"portico/plugin"
	"portico/routing"
)

// TestEveryPluginHasAForm makes each by its form and by the form's call, and
// saves it again unchanged.
func TestEveryPluginHasAForm(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	admin := h.As(t, "en")
	list := home + "/" + string(plane.ID) + "/plugins"
	_, err := h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{Name: portico.Some("orders"), URL: portico.Some("http://orders.example")})
	must(t, err)
	admin.Get(list).Is(200, list).Says("No plugin yet")
	choice := admin.Get(list+"/new").Is(200, list)
	least := map[string]url.Values{
		"rate-limiting":        {"config.minute": {"5"}, "config.hour": {"100"}, "config.limit_by": {"ip"}, "config.error_message": {"Slow down"}},
		"cors":                 {"config.origins": {"https://a.example\nhttps://b.example"}, "config.methods": {"GET", "POST"}, "config.credentials": {"on"}},
		"ip-restriction":       {"config.allow": {"192.0.2.0/24"}},
		"request-transformer":  {"config.add.headers": {"x-a: b, c\nx-d:e"}},
		"response-transformer": {"config.remove.headers": {"server"}},
	}
	for _, name := range plugin.Names() {
		choice.Says(name)
		form := admin.Get(list+"/new?name="+name).Is(200, list)
		filled := with(least[name], "instance_name", "by-form-"+name, "service", "orders")
		call := form.Submit("/new", with(filled, "view", "call", "instance_name", "by-call-"+name, "service", ""))
		if answer := h.Run(t, call.Is(200, list)); answer.Status != 201 {
			t.Fatalf("%s: the call answers %d %v", name, answer.Status, answer.Body)
		}
		form.Submit("/new", filled).Is(200, list).Says("by-form-"+name+" is saved", "Service: orders")
		byCall, err := h.Gateways.Plugin(t.Context(), plane.ID, "by-call-"+name)
		must(t, err)
		byForm, err := h.Gateways.Plugin(t.Context(), plane.ID, "by-form-"+name)
		must(t, err)
		byCall.ServiceID = byForm.ServiceID
		same(t, byCall, byForm)
		one := list + "/" + string(byForm.ID)
		admin.Get(one).Is(200, one).Submit(one, nil).Is(200, list)
		again, err := h.Gateways.Plugin(t.Context(), plane.ID, string(byForm.ID))
		must(t, err)
		same(t, byForm, again)
		admin.Get(one+"/delete").Submit("/delete", nil).Is(200, list).Says("is deleted")
	}
	form := admin.Get(list + "/new?name=rate-limiting")
	for field, value := range map[string]string{"config.minute": "x", "config.hour": "-1", "config.error_code": "9", "service": "nothing", "instance_name": "a b"} {
		if s := form.Submit("/new", with(url.Values{"config.second": {"1"}}, field, value)).Fault(field); s.Status != 422 && s.Status != 400 {
			t.Errorf("%s: %d", field, s.Status)
		}
	}
	admin.Get(list+"/new?name=cors").Submit("/new", url.Values{"config.origins": {"https://a.example\n("}}).Fault("config.origins")
}
