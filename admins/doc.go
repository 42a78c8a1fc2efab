// Package admins holds the use cases of those who run Portico: the organization
// and its founding; its users, from invitation to deletion, their sign-ins by
// password, second factor or single sign-on, and their access tokens; its system
// accounts; its teams, and the roles that all of them are given. It says who
// makes a request, and what he may do.
//
// What a role means is package access's business. It knows no HTTP but the
// identity providers' endpoints.
package admins
