package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SignIn is an account of the demo.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Manifest is demo.json: where everything is and how to get in. It holds
// secrets of the demo and is readable by its owner alone.
type Manifest struct {
	ManagementURL string  `json:"management_url"`
	ConsoleURL    string  `json:"console_url"`
	PortalURL     string  `json:"portal_url"`
	GatewayURL    string  `json:"gateway_url"`
	Issuer        string  `json:"issuer"`
	OktaURL       string  `json:"okta_url"`
	OktaToken     string  `json:"okta_token,omitempty"`
	Token         string  `json:"token"`
	Admin         SignIn  `json:"admin"`
	Developer     *SignIn `json:"developer,omitempty"`
	Route         string  `json:"route,omitempty"`
}

// credentials are what the demo must remember from its first start on, even if
// that was interrupted before demo.json could be written.
type credentials struct {
	Admin     SignIn `json:"admin"`
	Developer SignIn `json:"developer"`
	Token     string `json:"token,omitempty"`
	OktaToken string `json:"okta_token,omitempty"`
	// Complete says that everything was set up once: from then on it is the
	// visitor's to change, and stays as they leave it.
	Complete bool `json:"complete,omitempty"`
}

const (
	manifestFile    = "demo.json"
	credentialsFile = "demo-credentials.json"
)

// load reads a JSON file; found is false when there is none.
func load(dir, name string, into any) (found bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("%s is damaged: %w; delete the directory %s to start afresh", name, err, dir)
	}
	return true, nil
}

// save writes a JSON file so that a reader sees all of it or nothing.
func save(dir, name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+name+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
