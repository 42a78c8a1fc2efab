package webtest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// Upload sends a form with one file and nothing else.
func (c *Client) Upload(path, field, mediaType string, data []byte) *Shown {
	c.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="` + field + `"; filename="file"`}, "Content-Type": {mediaType},
	})
	c.must(err)
	_, err = part.Write(data)
	c.must(err)
	c.must(w.Close())
	return c.ask(http.MethodPost, path, w.FormDataContentType(), &form)
}
