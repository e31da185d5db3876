//go:build unix && !linux

package devstack

import "syscall"

// childAttributes puts a child into a process group of its own. Only Linux can tie its life to ours.
func childAttributes(id *identity, _ syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if id != nil {
		attr.Credential = &syscall.Credential{Uid: id.uid, Gid: id.gid}
	}
	return attr
}
