package wire

import (
	"net/http"

	"portico"
	"portico/httpkit"
)

// Specification is the contract's ApiSpecResponse: a version by its older name,
// which has no name of its own.
type Specification struct {
	ID        portico.VersionID         `json:"id"`
	Content   string                    `json:"content"`
	Type      portico.SpecificationType `json:"type"`
	Messages  []Message                 `json:"validation_messages"`
	CreatedAt httpkit.Timestamp         `json:"created_at"`
	UpdatedAt httpkit.Timestamp         `json:"updated_at"`
}

// Message is a finding of validation.
type Message struct {
	Message string `json:"message"`
}

// ViewSpecification shows a version as a specification.
func ViewSpecification(v portico.Version) Specification {
	return Specification{v.ID, v.Content, v.Type, ViewMessages(v.Messages), httpkit.Timestamp(v.CreatedAt), httpkit.Timestamp(v.UpdatedAt)}
}

// ViewMessages shows findings.
func ViewMessages(messages []string) []Message {
	out := make([]Message, len(messages))
	for i, m := range messages {
		out[i].Message = m
	}
	return out
}

// ReadSpecification reads CreateApiSpecRequest or, with an optional content,
// UpdateApiSpecRequest.
func ReadSpecification(r *http.Request, presence httpkit.Rule) (content portico.Opt[string], kind portico.Opt[portico.SpecificationType], err error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return content, kind, err
	}
	o.Ignore("id", "validation_messages", "created_at", "updated_at")
	content = o.OptString("content", presence)
	kind = httpkit.As[portico.SpecificationType](o.OptEnum("type", httpkit.Optional,
		string(portico.SpecificationOAS2), string(portico.SpecificationOAS3), string(portico.SpecificationAsyncAPI)))
	return content, kind, o.Err()
}
