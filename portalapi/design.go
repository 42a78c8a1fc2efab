package portalapi

import (
	"net/http"

	"portico"
	"portico/content"
	"portico/httpkit"
)

// designRoutes: how the portal looks.
func (s *server) designRoutes() []route {
	const image = "/api/v3/apis/{apiIdOrSlug}/images/{imageType}"
	return []route{
		on(anyone, "GET", "/api/v3/customization", "get-portal-customization", s.customization),
		on(anyone, "GET", "/api/v3/integrations", "get-portal-integrations", s.integrations),
		on(anyone, "GET", "/api/v3/assets/logo", "get-portal-logo", s.asset(portico.AssetLogo)),
		on(anyone, "GET", "/api/v3/assets/favicon", "get-portal-favicon", s.asset(portico.AssetFavicon)),
		on(anyone, "GET", image+"/raw", "fetch-api-image", s.redirectToAPIImage),
		on(anyone, "GET", image+"/content", "", s.apiImage), // where /raw leads
	}
}

func (s *server) customization(w http.ResponseWriter, c call) error {
	design, err := s.Content.Visitors.Design(c.Context(), c.reader())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, design)
}

// integrationsView is the contract's PortalIntegrations: portals load no
// programs from elsewhere.
type integrationsView struct{}

func (s *server) integrations(w http.ResponseWriter, _ call) error {
	return httpkit.JSON(w, http.StatusOK, integrationsView{})
}

// asset answers with an image of the portal.
func (s *server) asset(kind portico.AssetKind) handler {
	return func(w http.ResponseWriter, c call) error {
		image, err := s.Content.Images.Get(c.Context(), content.OfPortal(c.portal.ID), kind)
		if err != nil {
			return err
		}
		return httpkit.Image(w, c.Request, image.MediaType, image.UpdatedAt, image.Data)
	}
}

// imageInPath returns the image of the API in the path, if the caller sees the API.
func (s *server) imageInPath(c call) (portico.Asset, error) {
	api, err := s.apiInPath(c)
	if err != nil {
		return portico.Asset{}, err
	}
	if c.PathValue("imageType") != string(portico.AssetIcon) {
		return portico.Asset{}, portico.Errorf(portico.KindNotFound, "APIs have images of the type [icon] only.")
	}
	return s.Content.Images.Get(c.Context(), content.OfAPI(api.ID), portico.AssetIcon)
}

// redirectToAPIImage leads to the image itself, as the contract has it.
func (s *server) redirectToAPIImage(w http.ResponseWriter, c call) error {
	image, err := s.imageInPath(c)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v3/apis/"+string(*image.APIID)+"/images/icon/content")
	w.WriteHeader(http.StatusFound)
	return nil
}

func (s *server) apiImage(w http.ResponseWriter, c call) error {
	image, err := s.imageInPath(c)
	if err != nil {
		return err
	}
	return httpkit.Image(w, c.Request, image.MediaType, image.UpdatedAt, image.Data)
}
