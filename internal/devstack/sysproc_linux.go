package devstack

import "syscall"

// childAttributes puts a child into a process group of its own, so that Ctrl-C in the terminal reaches only
// us, and ties its life to ours. Go applies the death signal after the credential, which would clear it.
func childAttributes(id *identity, death syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death}
	if id != nil {
		attr.Credential = &syscall.Credential{Uid: id.uid, Gid: id.gid}
	}
	return attr
}
