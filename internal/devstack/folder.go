package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	tempPrefix = "steward-servers-"
	lockName   = "lock"
)

// folder is the place of one server: its data, log, pid, ports and lock.
type folder struct {
	name string
	root string
	temp bool
	lock *os.File
}

// openFolder makes and locks the folder of a server. With an empty root it makes a temporary one that close
// removes, after removing those whose owner was killed.
func openFolder(root, name string) (*folder, error) {
	f := &folder{name: name, root: root}
	if root == "" {
		removeAbandoned()
		made, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return nil, fmt.Errorf("make folder for %s: %w", name, err)
		}
		f.root, f.temp = made, true
	}
	abs, err := filepath.Abs(f.root)
	if err != nil {
		return nil, fmt.Errorf("make folder for %s: %w", name, err)
	}
	f.root = abs
	if err := os.MkdirAll(filepath.Join(f.root, "run"), 0o711); err != nil {
		return nil, fmt.Errorf("make folder for %s: %w", name, err)
	}
	if f.temp {
		// A temporary folder must let the unprivileged user of Postgres through.
		if err := os.Chmod(f.root, 0o711); err != nil {
			return nil, fmt.Errorf("open folder for %s: %w", name, err)
		}
		f.lock, err = lockTemp(f.root)
	} else {
		f.lock, err = lockFile(filepath.Join(f.root, "run", name+".lock"))
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s in %s: %w", name, f.root, err)
	}
	return f, nil
}

// lockTemp gives the lock file its name only once it is locked, so that removeAbandoned in another process
// never sees a folder that looks abandoned because it is just being made.
func lockTemp(root string) (*os.File, error) {
	fresh := filepath.Join(root, lockName+".new")
	lock, err := lockFile(fresh)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, filepath.Join(root, lockName)); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func (f *folder) data() string           { return filepath.Join(f.root, f.name) }
func (f *folder) pidFile() string        { return filepath.Join(f.root, "run", f.name+".pid") }
func (f *folder) portsFile() string      { return filepath.Join(f.root, "run", f.name+".ports.json") }
func (f *folder) logFile() string        { return filepath.Join(f.root, "logs", f.name+".log") }
func (f *folder) sub(name string) string { return filepath.Join(f.root, name) }

// close gives the folder free and removes it when it is temporary.
func (f *folder) close() error {
	var err error
	if f.temp {
		err = os.RemoveAll(f.root)
	}
	return errors.Join(err, f.lock.Close())
}

// errInUse tells that another process holds the lock.
var errInUse = errors.New("another process uses this folder (is `steward dev` running already?)")

// lockFile takes an exclusive lock that ends with our process.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errInUse
		}
		return nil, err
	}
	return file, nil
}

// removeAbandoned removes temporary folders whose owner is gone: nobody holds their lock.
func removeAbandoned() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	for _, dir := range left {
		// A folder without a lock file is one that is just being made, or not ours.
		path := filepath.Join(dir, lockName)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		lock, err := lockFile(path)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

// reachable reports whether id may pass through every folder above path. A nil id is ourselves.
func reachable(path string, id *identity) bool {
	if id == nil {
		return true
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && dir != "/" {
				continue // made by us later, with the right mode
			}
			return false
		}
		if !id.mayPass(info) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (id *identity) mayPass(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case !ok:
		return false
	case stat.Uid == id.uid:
		return mode&0o100 != 0
	case stat.Gid == id.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// give makes id the owner of a folder that we have just made.
func give(path string, id *identity) error {
	if id == nil {
		return nil
	}
	return os.Chown(path, int(id.uid), int(id.gid))
}
