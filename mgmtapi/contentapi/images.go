package contentapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/content"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// imageRoutes: logos and favicons of portals, icons of APIs and packages
// (contracts: portal-management v3, api-builder v3).
func (s server) imageRoutes() []route.Route {
	const (
		assets = "/v3/portals/{portalId}/assets/"
		image  = "/v3/apis/{apiId}/images/{imageType}"
		pack   = "/v3/api-packages/{apiId}/images/{imageType}"
	)
	viewAPI, editAPI := access.For(access.APIs, access.View, "apiId"), access.For(access.APIs, access.Edit, "apiId")
	return []route.Route{
		route.On("GET", assets+"logo", "get-portal-asset-logo", s.asset(portico.AssetLogo), access.For(access.Portals, access.View, "portalId")),
		route.On("PUT", assets+"logo", "replace-portal-asset-logo", s.putAsset(portico.AssetLogo), access.For(access.Portals, access.Appearance, "portalId")).Sized(),
		route.On("GET", assets+"logo/raw", "get-portal-asset-logo-raw", s.rawAsset(portico.AssetLogo), access.For(access.Portals, access.View, "portalId")),
		route.On("GET", assets+"favicon", "get-portal-asset-favicon", s.asset(portico.AssetFavicon), access.For(access.Portals, access.View, "portalId")),
		route.On("PUT", assets+"favicon", "replace-portal-asset-favicon", s.putAsset(portico.AssetFavicon), access.For(access.Portals, access.Appearance, "portalId")).Sized(),
		route.On("GET", assets+"favicon/raw", "get-portal-asset-favicon-raw", s.rawAsset(portico.AssetFavicon), access.For(access.Portals, access.View, "portalId")),

		route.On("GET", image, "fetch-api-image", s.image(viewAPIImage), viewAPI),
		route.On("PUT", image, "upsert-api-image", s.putImage(viewAPIImage), editAPI).Sized(),
		route.On("DELETE", image, "delete-api-image", s.deleteImage, editAPI),
		route.On("GET", image+"/raw", "fetch-api-raw-image", s.redirectToImage("/v3/apis/"), viewAPI),
		route.On("GET", image+"/content", "", s.imageContent, viewAPI), // where /raw leads

		route.On("GET", pack, "fetch-api-package-image", s.image(viewPackageImage), viewAPI),
		route.On("PUT", pack, "upsert-api-package-image", s.putImage(viewPackageImage), editAPI).Sized(),
		route.On("DELETE", pack, "delete-api-package-image", s.deleteImage, editAPI),
		route.On("GET", pack+"/raw", "fetch-api-package-raw-image", s.redirectToImage("/v3/api-packages/"), viewAPI),
		route.On("GET", pack+"/content", "", s.imageContent, viewAPI),
	}
}

// assetView is the contract's PortalAssetResponse.
type assetView struct {
	Data string `json:"data"`
}

// readAsset reads ReplacePortalImageAsset or ReplaceImageRequestSchema.
func readAsset(r *http.Request) (string, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return "", err
	}
	data := o.String("data", httpkit.Required)
	return data, o.Err()
}

// asset answers with a portal's image as a data address.
func (s server) asset(kind portico.AssetKind) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		image, err := s.portalImage(r, kind)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, http.StatusOK, assetView{content.DataURI(image)})
	}
}

func (s server) rawAsset(kind portico.AssetKind) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		image, err := s.portalImage(r, kind)
		if err != nil {
			return err
		}
		return httpkit.Image(w, r, image.MediaType, image.UpdatedAt, image.Data)
	}
}

func (s server) portalImage(r *http.Request, kind portico.AssetKind) (portico.Asset, error) {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return portico.Asset{}, err
	}
	return s.Content.Images.Get(r.Context(), content.OfPortal(portal), kind)
}

func (s server) putAsset(kind portico.AssetKind) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
		if err != nil {
			return err
		}
		data, err := readAsset(r)
		if err != nil {
			return err
		}
		image, _, err := s.Content.Images.Put(r.Context(), content.OfPortal(portal), kind, data)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, http.StatusOK, assetView{content.DataURI(image)})
	}
}

// imageView is the contract's APIImage or APIPackageImage. An image is checked
// before it is kept, so its status is always valid.
type imageView struct {
	Status    string            `json:"status"`
	Error     *string           `json:"error"`
	APIID     portico.APIID     `json:"api_id,omitempty"`
	PackageID portico.APIID     `json:"api_package_id,omitempty"`
	Type      portico.AssetKind `json:"image_type"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

func viewAPIImage(a portico.Asset) imageView {
	return imageView{Status: "valid", APIID: *a.APIID, Type: a.Kind, CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt)}
}

func viewPackageImage(a portico.Asset) imageView {
	out := viewAPIImage(a)
	out.APIID, out.PackageID = "", out.APIID
	return out
}

// apiInImagePath reads the API; the one type of image that there is, is icon.
func apiInImagePath(r *http.Request) (portico.APIID, error) {
	if kind := r.PathValue("imageType"); kind != string(portico.AssetIcon) {
		return "", portico.Errorf(portico.KindNotFound, "APIs and packages have images of the type [icon] only.")
	}
	return httpkit.PathID[portico.APIID](r, "apiId")
}

func (s server) imageOfAPI(r *http.Request) (portico.Asset, error) {
	api, err := apiInImagePath(r)
	if err != nil {
		return portico.Asset{}, err
	}
	return s.Content.Images.Get(r.Context(), content.OfAPI(api), portico.AssetIcon)
}

func (s server) image(view func(portico.Asset) imageView) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		image, err := s.imageOfAPI(r)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, http.StatusOK, view(image))
	}
}

func (s server) putImage(view func(portico.Asset) imageView) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		api, err := apiInImagePath(r)
		if err != nil {
			return err
		}
		data, err := readAsset(r)
		if err != nil {
			return err
		}
		image, created, err := s.Content.Images.Put(r.Context(), content.OfAPI(api), portico.AssetIcon, data)
		if err != nil {
			return err
		}
		if created {
			return httpkit.JSON(w, http.StatusCreated, view(image))
		}
		return httpkit.JSON(w, http.StatusOK, view(image))
	}
}

func (s server) deleteImage(w http.ResponseWriter, r *http.Request) error {
	api, err := apiInImagePath(r)
	if err != nil {
		return err
	}
	if err := s.Content.Images.Delete(r.Context(), content.OfAPI(api), portico.AssetIcon); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// redirectToImage leads to the image itself, as the contract has it.
func (s server) redirectToImage(below string) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		image, err := s.imageOfAPI(r)
		if err != nil {
			return err
		}
		w.Header().Set("Location", below+string(*image.APIID)+"/images/icon/content")
		w.WriteHeader(http.StatusFound)
		return nil
	}
}

func (s server) imageContent(w http.ResponseWriter, r *http.Request) error {
	image, err := s.imageOfAPI(r)
	if err != nil {
		return err
	}
	return httpkit.Image(w, r, image.MediaType, image.UpdatedAt, image.Data)
}
