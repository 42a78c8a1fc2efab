package portals

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/allowlist"
	"portico/control"
	"portico/httpkit"
	"portico/webui/desk"
)

func (p pages) addressRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", partAddresses, p.addresses, access.View),
		p.on("POST", partAddresses, p.switchAddresses, access.Edit).As("update-portal"),
		p.on("POST", partAddresses+"/add", p.addAddresses, access.Edit).As("create-portal-ip-allow-list"),
		p.on("POST", partAddresses+"/remove", p.removeAddresses, access.Edit).As("delete-portal-ip-allow-list"),
	}
}

// addressesView is the part of the settings about where a portal is reached from.
type addressesView struct {
	Portal      portal
	Switch, Add sheet
	Entries     []portico.IPAllowList
	Own         netip.Addr // where the admin comes from
	OwnListed   bool
}

func (p pages) addressesView(v *desk.Visit, one portal) (addressesView, error) {
	found, err := p.AllowLists.List(v.Context(), one.ID, portico.Everything())
	may := one.May(access.Edit)
	view := addressesView{Portal: one, Entries: found.Items, Own: httpkit.ClientAddr(v.Request),
		Switch: sheet{Form: v.EmptyForm(url.Values{"sipr_enabled": on(one.SIPREnabled)}), Action: one.Path(partAddresses), May: may, Submit: v.T("portals.save")},
		Add:    sheet{Form: v.EmptyForm(nil), Action: one.Path(partAddresses + "/add"), May: may, Submit: v.T("portals.add_addresses")},
	}
	for _, e := range found.Items {
		view.OwnListed = view.OwnListed || e.Allows(view.Own)
	}
	return view, err
}

func (p pages) addresses(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.addressesView(v, one)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("portals.part_addresses"), addressesPage(view))
}

func (p pages) switchAddresses(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.addressesView(v, one)
	if err != nil {
		return err
	}
	if view.Switch.Form, err = v.Form(); err != nil {
		return err
	}
	wanted := view.Switch.Form.Has("sipr_enabled", "on")
	return v.Submit(desk.Task{
		Form: view.Switch.Form, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API(""), Body: body{"sipr_enabled": wanted}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Portals.Update(v.Context(), one.ID, control.PortalFields{SIPREnabled: portico.Some(wanted)})
			return v.To(one.Path(partAddresses), "portals.saved"), err
		},
		Show: func(status int, call templ.Component) error {
			view.Switch.Call = call
			return v.Render(w, status, v.T("portals.part_addresses"), addressesPage(view))
		},
	})
}

func (p pages) addAddresses(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.addressesView(v, one)
	if err != nil {
		return err
	}
	if view.Add.Form, err = v.Form(); err != nil {
		return err
	}
	f := view.Add.Form
	ips := f.List("allowed_ips")
	switch {
	case len(ips) == 0:
		f.Reject("allowed_ips", "errors.required")
	case len(ips) > allowlist.MaxIPs:
		f.Reject("allowed_ips", "portals.too_many_addresses", "Most", allowlist.MaxIPs)
	}
	var wrong []string
	for _, ip := range ips {
		if _, err := portico.ParseNetwork(ip); err != nil {
			wrong = append(wrong, ip)
		}
	}
	if len(wrong) > 0 {
		f.Reject("allowed_ips", "portals.bad_addresses", "Addresses", strings.Join(wrong, ", "))
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/ip-allow-list"), Body: body{"allowed_ips": ips}}},
		Do: func() (desk.Answer, error) {
			_, err := p.AllowLists.Create(v.Context(), one.ID, ips)
			return v.To(one.Path(partAddresses), "portals.addresses_added"), err
		},
		Fields: addressFields(ips),
		Show: func(status int, call templ.Component) error {
			view.Add.Call = call
			return v.Render(w, status, v.T("portals.part_addresses"), addressesPage(view))
		},
	})
}

// addressFields are the use case's names of what the one field holds.
func addressFields(ips []string) map[string]string {
	out := map[string]string{}
	for i := range ips {
		out["allowed_ips."+strconv.Itoa(i)] = "allowed_ips"
	}
	return out
}

func (p pages) removeAddresses(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	entry := portico.AllowListID(f.Value("entry"))
	if v.WantsCall() {
		return v.ShowCall(w, one.Path(partAddresses), desk.Call{Method: http.MethodDelete, Path: one.API("/ip-allow-list/" + string(entry))})
	}
	if err := p.AllowLists.Delete(v.Context(), one.ID, entry); err != nil {
		return err
	}
	v.Flash("portals.addresses_removed")
	return v.Redirect(one.Path(partAddresses))
}
