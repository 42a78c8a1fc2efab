package openapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// validateOAS3 notes what is wrong with an OpenAPI 3 document.
func validateOAS3(in *inspection, doc []byte) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	t, err := loader.LoadFromData(doc)
	if err != nil {
		in.noteError(err)
		return
	}
	in.check(t)
}

// validateOAS2 notes what is wrong with an OpenAPI 2 document, by way of the
// OpenAPI 3 document that it converts to.
func validateOAS2(in *inspection, doc []byte) {
	var t openapi2.T
	if err := json.Unmarshal(doc, &t); err != nil {
		in.noteError(err)
		return
	}
	for _, member := range []string{"info", "paths"} {
		if _, there := in.root[member]; !there {
			in.note(member + " is missing.")
		}
	}
	converted, err := openapi2conv.ToV3(&t)
	if err != nil {
		in.noteError(err)
		return
	}
	if converted.Paths == nil { // the conversion drops empty paths
		converted.Paths = openapi3.NewPaths()
	}
	in.check(converted)
}

// check validates without the examples: the validator compares them with
// readOnly and writeOnly in ways that find fault with sound documents.
func (in *inspection) check(t *openapi3.T) {
	in.noteError(t.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.EnableMultiError()))
}

// validateAsyncAPI notes what is missing in an AsyncAPI document.
func validateAsyncAPI(in *inspection, _ []byte) {
	info, ok := in.root["info"].(map[string]any)
	if !ok {
		in.note("info is missing, or not an object.")
	}
	for _, member := range []string{"title", "version"} {
		if v, _ := info[member].(string); ok && v == "" {
			in.note("info." + member + " is missing.")
		}
	}
	version, _ := in.root["asyncapi"].(string)
	if _, there := in.root["channels"]; !there && !strings.HasPrefix(version, "3.") {
		in.note("channels is missing.")
	}
	for _, member := range []string{"channels", "operations", "components"} {
		if v, there := in.root[member]; there {
			if _, isObject := v.(map[string]any); !isObject {
				in.note(member + " must be an object.")
			}
		}
	}
}

// noteError keeps an error of a validator, or each of several.
func (in *inspection) noteError(err error) {
	if err == nil {
		return
	}
	if several, ok := errors.AsType[openapi3.MultiError](err); ok {
		for _, e := range several {
			in.noteError(e)
		}
		return
	}
	in.note(err.Error())
}
