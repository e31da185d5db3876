//go:build unix && !linux

package render

import "syscall"

// attributes make the browser a group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
