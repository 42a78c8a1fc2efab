package storetest

import "syscall"

// processAttributes: PostgreSQL shuts down at once on SIGQUIT and cleans up.
func processAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
}
