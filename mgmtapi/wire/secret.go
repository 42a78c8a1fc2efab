package wire

import (
	"portico"
	"portico/secret"
)

// Secret is a text of a request that is to be kept and never shown.
func Secret(text portico.Opt[string]) portico.Opt[secret.Text] {
	return portico.Opt[secret.Text]{Set: text.Set, Null: text.Null, Value: secret.New(text.Value)}
}
