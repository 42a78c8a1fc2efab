//go:build unix && !linux

package storetest

import "syscall"

// processAttributes: only Linux can tie a process to its parent's life.
func processAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as}
}
