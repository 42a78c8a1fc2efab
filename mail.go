package portico

import "time"

// Message is a mail to one person.
type Message struct {
	PortalID  PortalID // the portal that it comes from; empty: Portico itself
	Kind      string   // the contract's template name, such as confirm-email-address
	FromName  string   // empty, as of FromEmail: as the mail server's settings say
	FromEmail string
	ReplyTo   string // where answers go; empty: to the sender
	To        string
	Subject   string
	Text      string
	HTML      string // the same for programs that show it; empty: there is only the text
	Link      string // the one address the mail asks to open, if any
	OneTime   bool   // the link lets somebody in: nobody else may read it
}

// MailState is what became of a mail.
type MailState string

// The states.
const (
	MailQueued MailState = "queued" // will be tried, perhaps again
	MailSent   MailState = "sent"   // a mail server, or the local outbox, has taken it
	MailFailed MailState = "failed" // will not be tried again by itself
)

// MailStates lists them all.
func MailStates() []MailState { return []MailState{MailQueued, MailSent, MailFailed} }

// Mail is a mail on its way: it is put down in the transaction of the change
// that it speaks of, and delivered afterwards.
type Mail struct {
	ID         MailID
	PortalID   *PortalID // nil: Portico itself
	Kind       string
	To         string
	Subject    string
	OneTime    bool   // its link lets somebody in
	Sealed     []byte // the Message; none once it is sent, if its link lets somebody in
	State      MailState
	Attempts   int
	LastError  string    // of the latest attempt; empty: there was none
	NextTryAt  time.Time // while it is queued
	FinishedAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// EmailConfig is whom a portal's mails come from. There is at most one of a
// portal; what is nil is as the mail server's own settings say.
type EmailConfig struct {
	ID         EmailConfigID
	PortalID   PortalID
	DomainName *string // the one that FromEmail is at
	FromName   *string
	FromEmail  *string
	ReplyTo    *string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// EmailDelivery is an older form of the same (contract: email-delivery): it
// counts where a portal's EmailConfig says nothing, and only if it is enabled.
type EmailDelivery struct {
	PortalID  PortalID // its id
	Enabled   bool
	FromEmail *string
	ReplyTo   *string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// EmailDomain is a domain that portals may send mails from.
type EmailDomain struct {
	ID        EmailDomainID
	Domain    string // in lower case, unique
	CreatedAt time.Time
	UpdatedAt time.Time
}
