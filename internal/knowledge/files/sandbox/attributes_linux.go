package sandbox

import (
	"errors"
	"os"
	"syscall"
)

// attributes make a process the leader of its own group that dies with the
// thread that started it. An isolated one has user and network namespaces of
// its own: it is the same user, and sees no network.
func attributes(isolated bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if isolated {
		attr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// forbidden reports whether a start failed because the system permits no
// namespaces: containers and some kernels do not.
func forbidden(err error) bool {
	for _, known := range []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.EINVAL, syscall.ENOSPC, syscall.EUSERS, syscall.ENOSYS} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
