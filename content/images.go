package content

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"

	"portico"
	"portico/usecase"
)

// Images are the logos, favicons and icons of portals and APIs.
type Images struct{ usecase.Deps }

// Owner is whose image it is.
type Owner struct {
	portal *portico.PortalID
	api    *portico.APIID
}

// OfPortal says that an image is a portal's.
func OfPortal(id portico.PortalID) Owner { return Owner{portal: &id} }

// OfAPI says that an image is an API's.
func OfAPI(id portico.APIID) Owner { return Owner{api: &id} }

// maxImage is how many bytes an image may have.
const maxImage = 1 << 20

// Put sets the image of a kind from a data address (RFC 2397) in base64: PNG,
// JPEG, GIF, WebP, ICO or SVG. created is false where there was one before.
// KindNotFound (owner), KindInvalid at the field data.
func (i Images) Put(ctx context.Context, of Owner, kind portico.AssetKind, dataURI string) (asset portico.Asset, created bool, err error) {
	media, data, err := readImage(dataURI)
	if err != nil {
		return portico.Asset{}, false, err
	}
	err = i.Store.Update(ctx, func(tx portico.Tx) error {
		if err := of.check(ctx, tx); err != nil {
			return err
		}
		old, err := of.image(ctx, tx, kind)
		switch {
		case err == nil:
			created = false
			asset, err = tx.Assets().Change(ctx, old.ID, func(a *portico.Asset) error {
				a.MediaType, a.Data = media, data
				return nil
			})
			return err
		case portico.KindOf(err) != portico.KindNotFound:
			return err
		}
		now := i.Now()
		created = true
		asset = portico.Asset{
			ID: portico.AssetID(i.NewID()), PortalID: of.portal, APIID: of.api, Kind: kind, MediaType: media, Data: data, CreatedAt: now, UpdatedAt: now,
		}
		return tx.Assets().Insert(ctx, asset)
	})
	return asset, created, err
}

// Get returns an image; KindNotFound.
func (i Images) Get(ctx context.Context, of Owner, kind portico.AssetKind) (portico.Asset, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Asset, error) {
		if err := of.check(ctx, tx); err != nil {
			return portico.Asset{}, err
		}
		return of.image(ctx, tx, kind)
	})
}

// Delete removes an image; KindNotFound.
func (i Images) Delete(ctx context.Context, of Owner, kind portico.AssetKind) error {
	return i.Store.Update(ctx, func(tx portico.Tx) error {
		if err := of.check(ctx, tx); err != nil {
			return err
		}
		asset, err := of.image(ctx, tx, kind)
		if err != nil {
			return err
		}
		return tx.Assets().Delete(ctx, asset.ID)
	})
}

// DataURI is an image as it came in.
func DataURI(a portico.Asset) string {
	return "data:" + a.MediaType + ";base64," + base64.StdEncoding.EncodeToString(a.Data)
}

func (o Owner) check(ctx context.Context, tx portico.Tx) error {
	var err error
	if o.portal != nil {
		_, err = tx.Portals().ByID(ctx, *o.portal)
	} else {
		_, err = tx.APIs().ByID(ctx, *o.api)
	}
	return err
}

func (o Owner) image(ctx context.Context, tx portico.Tx, kind portico.AssetKind) (portico.Asset, error) {
	owner, noun := portico.Filter{}, "portal"
	if o.portal != nil {
		owner = portico.Where("portal_id", *o.portal)
	} else {
		owner, noun = portico.Where("api_id", *o.api), "API"
	}
	found, err := tx.Assets().List(ctx, portico.Everything(owner, portico.Where("kind", kind)))
	if err == nil && len(found.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "The %s has no %s.", noun, kind)
	}
	return usecase.One(found.Items, err)
}

// dataURI is the contract's form; ;base64 may be left out, the data is base64
// all the same.
var dataURI = regexp.MustCompile(`^data:(image/[a-z0-9.+-]+)(?:;base64)?,((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$`)

// readImage decodes a data address and checks that it holds what it says.
func readImage(uri string) (media string, data []byte, err error) {
	fault := func(reason string) (string, []byte, error) {
		return "", nil, portico.Invalid("data", "invalid", reason)
	}
	if len(uri) > base64.StdEncoding.EncodedLen(maxImage)+64 {
		return fault(fmt.Sprintf("must be an image of at most %d bytes", maxImage))
	}
	parts := dataURI.FindStringSubmatch(uri)
	if parts == nil {
		return fault("must be a data address with an image in base64, such as data:image/png;base64,…")
	}
	data, err = base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return fault("is not valid base64")
	}
	if len(data) > maxImage {
		return fault(fmt.Sprintf("must be an image of at most %d bytes", maxImage))
	}
	media = parts[1]
	switch media {
	case "image/svg+xml":
		if err := checkSVG(data); err != nil {
			return fault("is an SVG image that cannot be taken: " + err.Error())
		}
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/x-icon", "image/ico", "image/icon", "image/vnd.microsoft.icon":
		if !isImage(strings.TrimPrefix(media, "image/"), data) {
			return fault("does not hold the kind of image that it says")
		}
	default:
		return fault("must be a PNG, JPEG, GIF, WebP, ICO or SVG image")
	}
	return media, data, nil
}

// isImage looks for what files of a format begin with.
func isImage(format string, data []byte) bool {
	switch format {
	case "png":
		return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	case "jpeg":
		return bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff})
	case "gif":
		return bytes.HasPrefix(data, []byte("GIF87a")) || bytes.HasPrefix(data, []byte("GIF89a"))
	case "webp":
		return len(data) > 12 && bytes.HasPrefix(data, []byte("RIFF")) && string(data[8:12]) == "WEBP"
	}
	// ICO: reserved 0, type 1, then how many images there are.
	return len(data) > 6 && bytes.HasPrefix(data, []byte{0, 0, 1, 0}) && binary.LittleEndian.Uint16(data[4:]) > 0
}
