// Package mail sends portico.Message values: by SMTP, or into a local outbox
// file where they can be read without any mail server.
//
// It must not compose mails, and must not log them: their links let people in.
package mail
