// Package archtest holds the architecture as tests: which package may import
// which, the words that name no package, and the budgets of size.
package archtest
