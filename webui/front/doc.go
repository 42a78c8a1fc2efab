// Package front is a portal's front page: what it shows to a visitor, and how.
// The portal serves it, and the console shows it as a preview of unsaved looks.
//
// It is the content alone: packages page and desk know the shell around it.
package front
