package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Chosen ports lie below the range from which the kernel takes the ports of outgoing connections, so that
// none of those can take a port between the death of a server and its restart.
const (
	firstPort = 20_000
	portCount = 12_000
)

// freedWithin is how long a port of the last run may take to become free: its server may just be dying.
const freedWithin = 3 * time.Second

// portWish is a port that a server needs.
type portWish struct {
	// name is the key in the file.
	name string
	// preferred is tried first when the file has none. 0 means any.
	preferred int
	// wildcard tells that the server binds all interfaces.
	wildcard bool
}

// assignPorts chooses free ports and keeps them in a file, so that a restart on the same data has the same
// ports when they are free.
func assignPorts(file string, wishes []portWish, log *slog.Logger) (map[string]int, error) {
	saved := make(map[string]int)
	if data, err := os.ReadFile(file); err == nil {
		// A damaged file is as good as none: it is written anew below.
		if json.Unmarshal(data, &saved) != nil {
			clear(saved)
		}
	}
	chosen := make(map[string]int)
	taken := make(map[int]bool)
	for _, w := range wishes {
		port, err := choosePort(w, saved[w.name], taken)
		if err != nil {
			return nil, err
		}
		for _, wanted := range []int{saved[w.name], w.preferred} {
			if wanted != 0 && wanted != port {
				log.Warn("port is taken, another one is used", "for", w.name, "taken", wanted, "used", port)
				break
			}
		}
		chosen[w.name], taken[port] = port, true
	}
	data, err := json.MarshalIndent(chosen, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode ports: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o711); err != nil {
		return nil, fmt.Errorf("keep ports: %w", err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
		return nil, fmt.Errorf("keep ports: %w", err)
	}
	return chosen, nil
}

func choosePort(w portWish, saved int, taken map[int]bool) (int, error) {
	host := "127.0.0.1"
	if w.wildcard {
		host = ""
	}
	for deadline := time.Now().Add(freedWithin); saved != 0 && !taken[saved]; {
		if portFree(host, saved) {
			return saved, nil
		}
		if time.Now().After(deadline) {
			break
		}
		time.Sleep(readyPollEvery)
	}
	if saved == 0 && w.preferred != 0 && !taken[w.preferred] && portFree(host, w.preferred) {
		return w.preferred, nil
	}
	for range 1000 {
		if port := firstPort + rand.IntN(portCount); !taken[port] && claimPort(port) && portFree(host, port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("choose a port for %s: none is free", w.name)
}

// claims keeps the files of the ports that this process has chosen open: a
// finalizer would close them.
var claims struct {
	sync.Mutex
	files []*os.File
}

// claimPort reserves a port for this process until it ends, by the lock of a file that the processes on the
// machine share: between the choice of a port and the start of the server that binds it, another process
// would choose the same. A port is claimed once.
func claimPort(port int) bool {
	dir := filepath.Join(os.TempDir(), "steward-ports-"+strconv.Itoa(os.Getuid()))
	if os.MkdirAll(dir, 0o700) != nil {
		return true
	}
	file, err := lockFile(filepath.Join(dir, strconv.Itoa(port)))
	if err != nil {
		return !errors.Is(err, errInUse)
	}
	claims.Lock()
	defer claims.Unlock()
	claims.files = append(claims.files, file)
	return true
}

func portFree(host string, port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// FreeAddress returns addr (host:port) when nothing listens there, and otherwise the same host with a free
// port. The second result tells that the port was taken.
func FreeAddress(addr string) (string, bool, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return "", false, fmt.Errorf("read address %q: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return "", false, fmt.Errorf("read port of address %q: %w", addr, errors.Unwrap(err))
	}
	if port != 0 && portFree(host, port) {
		return addr, false, nil
	}
	for range 1000 {
		if free := firstPort + rand.IntN(portCount); claimPort(free) && portFree(host, free) {
			return net.JoinHostPort(host, strconv.Itoa(free)), port != 0, nil
		}
	}
	return "", false, fmt.Errorf("choose a port on %s: none is free", host)
}
