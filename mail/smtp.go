package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"portico"
	"portico/secret"
)

// Encryption is how a connection to a mail server is protected.
type Encryption string

// The encryptions.
const (
	StartTLS Encryption = "starttls" // the default: plain at first, and nothing is sent before it is encrypted
	Implicit Encryption = "implicit" // from the first byte on, usually port 465
	None     Encryption = "none"     // for a server on the same machine; not with a password
)

// Server is the mail server to send through.
type Server struct {
	Host       string
	Port       int    // 0: 587, or 465 with Implicit
	From       string // such as "Portal <portal@example.com>"
	Username   string // empty: without authentication
	Password   secret.Text
	Encryption Encryption    // "" means StartTLS
	Timeout    time.Duration // of one mail; 0: 30 s
	TLS        *tls.Config   // nil: the system's certificate authorities
}

// SMTP sends mails through a server. It implements portico.Mailer; every mail
// has its own connection, so it is safe for concurrent use.
type SMTP struct {
	host    string
	options []gomail.Option
	from    netmail.Address
	timeout time.Duration
}

// NewSMTP returns the way to a server, which is not contacted yet. Its error
// says what of s cannot be used.
func NewSMTP(s Server) (*SMTP, error) {
	if s.Timeout == 0 {
		s.Timeout = 30 * time.Second
	}
	var options []gomail.Option
	if s.TLS != nil {
		config := s.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName = s.Host
		}
		options = append(options, gomail.WithTLSConfig(config))
	}
	switch s.Encryption {
	case StartTLS, "":
		options = append(options, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSLPort(false))
	case None:
		if s.Username != "" {
			return nil, errors.New("a mail server without encryption cannot be given a password: use starttls or implicit")
		}
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("the mail server's encryption [%s] is not one of starttls, implicit, none", s.Encryption)
	}
	if s.Port != 0 {
		options = append(options, gomail.WithPort(s.Port))
	}
	if s.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.Username), gomail.WithPassword(s.Password.Reveal()))
	}
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("the mail server's sender [%s] is not a mail address: %w", s.From, err)
	}
	if _, err := gomail.NewClient(s.Host, options...); err != nil {
		return nil, fmt.Errorf("use the mail server [%s]: %w", s.Host, err)
	}
	return &SMTP{host: s.Host, options: options, from: *from, timeout: s.Timeout}, nil
}

// Send implements portico.Mailer. Errors: KindInvalid for an address that is
// none, KindUnavailable when the server cannot be reached, refuses, or is not
// done by the deadline of ctx.
func (s *SMTP) Send(ctx context.Context, m portico.Message) error {
	msg := gomail.NewMsg()
	if err := msg.FromFormat(cmp.Or(m.FromName, s.from.Name), cmp.Or(m.FromEmail, s.from.Address)); err != nil {
		return portico.Invalid("from", "invalid", "must be a mail address")
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return portico.Invalid("reply_to", "invalid", "must be a mail address")
		}
	}
	if err := msg.To(m.To); err != nil {
		return portico.Invalid("to", "invalid", "must be a mail address")
	}
	msg.Subject(strings.NewReplacer("\r", " ", "\n", " ").Replace(m.Subject))
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office replies
	msg.SetBodyString(gomail.TypeTextPlain, text(m))
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}

	if err := s.deliver(ctx, msg); err != nil {
		return &portico.Error{Kind: portico.KindUnavailable, Detail: "The mail server did not take the mail. Try again later.", Err: err}
	}
	return nil
}

// deliver hands a mail to the server. The library heeds a context while it dials
// and a timeout from then on, so it is given both.
func (s *SMTP) deliver(ctx context.Context, msg *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	if left <= 0 {
		return context.DeadlineExceeded
	}
	client, err := gomail.NewClient(s.host, append(slices.Clone(s.options), gomail.WithTimeout(left))...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

// text is the mail's text, which always has its link.
func text(m portico.Message) string {
	if m.Link == "" || strings.Contains(m.Text, m.Link) {
		return m.Text
	}
	return m.Text + "\n\n" + m.Link + "\n"
}
