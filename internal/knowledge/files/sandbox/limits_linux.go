package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// grace is how many seconds of processor time a process has left to say that it
// has used up its own. Then it is killed.
const grace = 2

// apply sets limits on a process; 0 is the calling one. They cannot be raised
// again.
func (l Limits) apply(pid int) error {
	for _, limit := range []struct {
		resource int
		limit    int64
		grace    int64
	}{
		{unix.RLIMIT_DATA, l.Memory, 0},
		{unix.RLIMIT_AS, l.Addresses, 0},
		{unix.RLIMIT_CPU, l.Processor, grace},
		{unix.RLIMIT_FSIZE, l.FileSize, 0},
		{unix.RLIMIT_NOFILE, l.Files, 0},
		{unix.RLIMIT_CORE, 0, 0},
	} {
		bounds := unix.Rlimit{Cur: uint64(limit.limit), Max: uint64(limit.limit + limit.grace)}
		if err := unix.Prlimit(pid, limit.resource, &bounds, nil); err != nil {
			return fmt.Errorf("limit resource %d: %w", limit.resource, err)
		}
	}
	return nil
}
