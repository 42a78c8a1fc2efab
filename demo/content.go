package demo

import (
	"context"
	_ "embed"
	"strings"
)

// sampleGuide is a document of the sample API.
//
//go:embed orders.md
var sampleGuide string

// content gives the portal its pages and a colour, and the API a document.
func (p *provisioner) content(ctx context.Context, portal, api string) error {
	if err := p.management.call(ctx, "POST", "/v3/portals/"+portal+"/default-content", nil, nil); err != nil {
		return err
	}
	if err := p.colour(ctx, "/v3/portals/"+portal+"/customization"); err != nil {
		return err
	}
	documents := "/v3/apis/" + api + "/documents"
	var there struct{ Data []object }
	if err := p.management.call(ctx, "GET", documents, nil, &there); err != nil || len(there.Data) > 0 {
		return err
	}
	return p.management.call(ctx, "POST", documents, object{"content": strings.ReplaceAll(sampleGuide, "GATEWAY", p.places.gateway())}, nil)
}

// colour gives the portal a brand, unless somebody has chosen one.
func (p *provisioner) colour(ctx context.Context, customization string) error {
	var chosen struct {
		Theme struct {
			Colors struct{ Primary string }
		}
	}
	if err := p.management.call(ctx, "GET", customization, nil, &chosen); err != nil || chosen.Theme.Colors.Primary != "" {
		return err
	}
	return p.management.call(ctx, "PATCH", customization, object{"theme": object{"colors": object{"primary": "#8a4b2a"}}}, nil)
}
