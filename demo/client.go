package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"time"
)

// client speaks JSON to one of the HTTP APIs.
type client struct {
	http          *http.Client
	base          string
	authorization string
}

func newClient(base, authorization string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &client{http: &http.Client{Jar: jar, Timeout: 30 * time.Second}, base: base, authorization: authorization}, nil
}

// call sends body, unless it is nil, and decodes the answer into out, unless
// that is nil. Any status but a 2xx is an error that quotes the answer.
func (c *client) call(ctx context.Context, method, path string, body, out any) error {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.authorization != "" {
		r.Header.Set("Authorization", c.authorization)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s answered %d: %s", method, path, res.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// object is a JSON object.
type object = map[string]any

// collection is the envelope of a list.
type collection struct {
	Data []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"data"`
}

// ensure returns the id of the entity with a name, which it creates from body
// if there is none. path is both the list and where to create.
func (c *client) ensure(ctx context.Context, path, name string, body object) (string, error) {
	var found collection
	if err := c.call(ctx, "GET", path, nil, &found); err != nil {
		return "", err
	}
	for _, item := range found.Data {
		if item.Name == name {
			return item.ID, nil
		}
	}
	var created struct{ ID string }
	err := c.call(ctx, "POST", path, body, &created)
	return created.ID, err
}
