// Package npmtest runs programs of Node.js in tests: others' software that
// Portico is held against, which is published as npm packages.
//
// A program lies in a directory with its package.json and package-lock.json. The
// lock names the exact version of every package and the digest of its contents,
// which npm holds them to; it is made without the registry's address, by
//
//	npm install --package-lock-only --omit-lockfile-registry-resolved
//
// The packages are fetched once, into the user's cache directory. Without
// Node.js, npm or the packages a test is skipped, or fails where
// PORTICO_REQUIRE_NODE or CI is set.
//
// Only tests import this package. It knows no program.
package npmtest
