//go:build unix && !linux

package sandbox

import (
	"fmt"
	"syscall"
)

// apply sets limits on the calling process. Other processes can only be limited
// on Linux, and memory is not bounded by all systems.
func (l Limits) apply(pid int) error {
	if pid != 0 {
		return nil
	}
	for resource, limit := range map[int]int64{
		syscall.RLIMIT_DATA: l.Memory, syscall.RLIMIT_CPU: l.Processor, syscall.RLIMIT_FSIZE: l.FileSize, syscall.RLIMIT_NOFILE: l.Files,
	} {
		value := uint64(limit)
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limit resource %d: %w", resource, err)
		}
	}
	return nil
}
