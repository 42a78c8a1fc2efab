package gateways

import (
	"slices"

	"portico"
	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// home is where the control planes are listed.
const home = "/gateways"

// Routes are the pages about gateways.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	const one = home + "/{controlPlaneId}"
	create := access.For(access.ControlPlanes, access.Create, "")
	return slices.Concat(
		[]desk.Route{
			desk.On("GET "+home, p.planes, access.For(access.ControlPlanes, access.View, "")),
			desk.On("GET "+home+"/new", p.newPlane, create),
			desk.On("POST "+home+"/new", p.createPlane, create).As("create-control-plane"),
			desk.On("GET "+one, p.plane, inPlane(access.View)),
			desk.On("GET "+one+"/edit", p.editPlane, inPlane(access.Edit)),
			desk.On("POST "+one+"/edit", p.updatePlane, inPlane(access.Edit)).As("update-control-plane"),
			desk.On("GET "+one+"/test", p.tryForm, inPlane(access.View)),
			desk.On("POST "+one+"/test", p.try, inPlane(access.View)),
			desk.On("GET "+one+"/delete", p.deletePlaneForm, inPlane(access.Delete)),
			desk.On("POST "+one+"/delete", p.deletePlane, inPlane(access.Delete)).As("delete-control-plane"),
		},
		p.services().routes(),
		p.routes().routes(),
		p.plugins().routes(),
		p.consumers().routes(),
	)
}

// inPlane is the need of a page about the control plane in its address.
func inPlane(a access.Action) access.Need {
	return access.For(access.ControlPlanes, a, "controlPlaneId")
}

// plane is a control plane around a page about what is in it.
type plane struct {
	portico.ControlPlane
	tabs []design.Tab
}

func (p plane) path() string { return home + "/" + string(p.ID) }

// planeOf finds the control plane in the address; current is the path of the tab
// below it that is shown.
func (p pages) planeOf(v *desk.Visit, current string) (plane, error) {
	found, err := p.Gateways.ControlPlane(v.Context(), portico.ControlPlaneID(v.PathValue("controlPlaneId")))
	out := plane{ControlPlane: found}
	for _, tab := range []struct{ path, label string }{
		{"", v.T("gateways.overview")}, {"/services", v.T("gateways.services")}, {"/routes", v.T("gateways.routes")},
		{"/plugins", v.T("gateways.plugins")}, {"/consumers", v.T("gateways.consumers")}, {"/test", v.T("gateways.test")},
	} {
		out.tabs = append(out.tabs, design.Tab{Href: out.path() + tab.path, Label: tab.label, Current: tab.path == current})
	}
	return out, err
}

// reference is something that uses something; Href is empty where there is no
// page for it, or none that the visitor may look at.
type reference struct{ Label, Href string }

// use is what uses something.
type use struct {
	blocks []reference // it cannot be deleted before these
	goes   []reference // these go with it
	hidden int         // so many more go with it, which the visitor may not see
}

func (u use) all() []reference { return slices.Concat(u.blocks, u.goes) }
