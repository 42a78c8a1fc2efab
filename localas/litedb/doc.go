// Package litedb keeps the authorization server's state: one SQLite file, its
// migrations, one transaction at a time that writes, and how columns are read.
//
// It knows no table and no rule of the authorization server.
package litedb
