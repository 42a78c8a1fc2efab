package oauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
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
	algorithm := algorithmOf(key.Key)
	if algorithm == "" {
		return nil, errors.New("it is of a kind that is not taken: use RSA with 2048 bits or more, or the curve P-256, P-384 or P-521")
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	if err != nil {
		return nil, errors.New("it does not sign")
	}
	return signer, nil
}

// algorithmOf is how a private key signs (RFC 7518 §3.1, which wants RSA keys of
// 2048 bits or more); empty for a key that is not taken.
func algorithmOf(key any) jose.SignatureAlgorithm {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() >= 2048 {
			return jose.RS256
		}
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256():
			return jose.ES256
		case elliptic.P384():
			return jose.ES384
		case elliptic.P521():
			return jose.ES512
		}
	}
	return ""
}
