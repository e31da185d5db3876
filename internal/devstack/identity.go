package devstack

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// identity is the user that a child runs as.
type identity struct {
	name     string
	uid, gid uint32
}

// unprivileged returns the user for programs that refuse to run as root: nil (ourselves) when we are not
// root, else postgres, else nobody.
func unprivileged() (*identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("read user %s: %w", name, err)
		}
		return &identity{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("find an unprivileged user: we are root, and there is neither postgres nor nobody")
}
