package oauth

import (
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"portico/secret"
)

// NewClientSigner reads the private key by which a client proves who it is
// (private_key_jwt): a JSON Web Key of RSA or an elliptic curve. Its errors quote
// nothing of the key.
func NewClientSigner(text secret.Text) (jose.Signer, error) {
	var key jose.JSONWebKey
	if err := json.Unmarshal([]byte(text.Reveal()), &key); err != nil {
		return nil, errors.New("it is not a JSON Web Key")
	}
	if !key.Valid() || key.IsPublic() {
		return nil, errors.New("it is not the private key of a pair")
	}
	var has struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
	}
	_ = json.Unmarshal([]byte(text.Reveal()), &has) // was read above
	algorithm, known := map[string]jose.SignatureAlgorithm{
		"RSA": jose.RS256, "EC P-256": jose.ES256, "EC P-384": jose.ES384, "EC P-521": jose.ES512,
	}[joined(has.Type, has.Curve)]
	if !known {
		return nil, errors.New("it is of a kind that is not taken: use RSA, or the curve P-256, P-384 or P-521")
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	if err != nil {
		return nil, errors.New("it does not sign")
	}
	return signer, nil
}

func joined(kind, curve string) string {
	if curve == "" {
		return kind
	}
	return kind + " " + curve
}
