package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"os"
	"runtime/debug"

	"portico"
	"portico/configsync"
	"portico/keyring"
	"portico/usecase"
)

// nodes tells of the gateways that a publisher brings up to date. A node's id
// is the same after a restart on the same machine.
func nodes(p *configsync.Publisher, ring *keyring.Ring) func() []usecase.Node {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	key, version := ring.Derive("ids of gateway nodes"), "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return func() []usecase.Node {
		var out []usecase.Node
		for _, f := range p.Followers() {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(hostname + "\x00" + f.Name))
			out = append(out, usecase.Node{
				ID: portico.DerivedID([16]byte(mac.Sum(nil))), Version: version, Hostname: hostname,
				Since: f.Since, LastPing: f.Seen, Epoch: f.Version.Epoch, Config: f.Version.Number,
			})
		}
		return out
	}
}
