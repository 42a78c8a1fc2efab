// Package mailroom holds the use cases around how portals reach people: whom
// their mails come from, the domains they may be sent from, and what became of
// each mail.
//
// It words no mail and delivers none: that is what packages developers and mail
// are for.
package mailroom
