package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
	"slices"
)

// minRSABits is the shortest RSA modulus trusted (RFC 7518 §3.3).
const minRSABits = 2048

// DefaultAlgorithms are the signature algorithms accepted when an Expectation
// names none (RFC 7518 §3.1, RFC 8037). None of them has a shared secret.
func DefaultAlgorithms() []string {
	return []string{"RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512"}
}

// publicKey is one verification key of a key set.
type publicKey struct {
	id        string
	algorithm string // the only one it serves; empty: every one that fits its type
	key       crypto.PublicKey
}

// fits reports whether the key may verify signatures of an algorithm. Key type
// and curve decide, so that no header can turn a key to another purpose.
func (k publicKey) fits(algorithm string) bool {
	if k.algorithm != "" && k.algorithm != algorithm {
		return false
	}
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSABits && slices.Contains([]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, algorithm)
	case *ecdsa.PublicKey:
		return algorithm == "ES256" && key.Curve == elliptic.P256() ||
			algorithm == "ES384" && key.Curve == elliptic.P384() ||
			algorithm == "ES512" && key.Curve == elliptic.P521()
	case ed25519.PublicKey:
		return algorithm == "EdDSA" && len(key) == ed25519.PublicKeySize
	}
	return false
}

// verify checks a JWS signature over the signing input (RFC 7515 §5.2). The
// algorithm must fit the key.
func (k publicKey) verify(algorithm string, input, signature []byte) bool {
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		hash, digest := digest(algorithm, input)
		if algorithm[0] == 'P' {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		_, digest := digest(algorithm, input)
		return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
	case ed25519.PublicKey:
		return ed25519.Verify(key, input, signature)
	}
	return false
}

// digest hashes the signing input with the hash that ends an algorithm's name.
func digest(algorithm string, input []byte) (crypto.Hash, []byte) {
	switch algorithm[2:] {
	case "256":
		sum := sha256.Sum256(input)
		return crypto.SHA256, sum[:]
	case "384":
		sum := sha512.Sum384(input)
		return crypto.SHA384, sum[:]
	default:
		sum := sha512.Sum512(input)
		return crypto.SHA512, sum[:]
	}
}
