// Package mail brings portico.Message values to people: they wait in a queue in
// the store, and are delivered by SMTP, or into a local outbox file where they
// can be read without any mail server.
//
// It must not compose mails, and must not log them: their links let people in.
package mail
