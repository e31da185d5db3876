package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clusterFreeWithin is how long the processes of the life before may take to end.
const clusterFreeWithin = 15 * time.Second

// clusterDir returns the folder of the cluster, whose parents id may pass. It is Dir/postgres, or, when root
// keeps its projects where others may not look (as in /root), a folder in /var/lib to which Dir/postgres leads.
func clusterDir(f *folder, id *identity, opts Options) (string, error) {
	if target, err := os.Readlink(f.data()); err == nil {
		if err := os.MkdirAll(filepath.Dir(target), 0o711); err != nil {
			return "", fmt.Errorf("make folder for postgres: %w", err)
		}
		return target, nil
	}
	if err := openWay(f.root, id); err != nil {
		return "", err
	}
	if reachable(f.data(), id) {
		return f.data(), nil
	}
	target := filepath.Join(fallbackRoot, pathHash(f.root), "postgres")
	if err := os.MkdirAll(filepath.Dir(target), 0o711); err != nil {
		return "", fmt.Errorf("make folder for postgres: %w", err)
	}
	// What lies there belongs to a data folder that was removed since.
	if err := os.RemoveAll(target); err != nil {
		return "", fmt.Errorf("remove old data of postgres: %w", err)
	}
	if !reachable(target, id) {
		return "", fmt.Errorf("choose a folder for postgres: user %s can reach neither %s nor %s", id.name, f.data(), target)
	}
	if err := os.Symlink(target, f.data()); err != nil {
		return "", fmt.Errorf("link folder for postgres: %w", err)
	}
	opts.logger().Info("the data folder of Postgres lies elsewhere, because its user cannot pass the folders above", "user", id.name, "folder", target)
	return target, nil
}

// openWay lets id pass the data folder itself, which belongs to us. Folders above it are left as they are.
func openWay(root string, id *identity) error {
	if id == nil {
		return nil
	}
	info, err := os.Stat(root)
	if err != nil {
		return fmt.Errorf("look at data folder: %w", err)
	}
	if id.mayPass(info) {
		return nil
	}
	if err := os.Chmod(root, info.Mode().Perm()|0o011); err != nil {
		return fmt.Errorf("open data folder for user %s: %w", id.name, err)
	}
	return nil
}

func pathHash(path string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path))
	return strconv.FormatUint(h.Sum64(), 36)
}

// newCluster is a cluster that does not exist yet.
type newCluster struct {
	bin, data string
	id        *identity
	fast      bool
}

// make makes the cluster under another name and moves it into place, so that one that was cut short is
// never taken for a whole one.
func (c newCluster) make(ctx context.Context) error {
	fresh := c.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove unfinished cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make folder for cluster: %w", err)
	}
	if err := give(fresh, c.id); err != nil {
		return fmt.Errorf("give folder to user of postgres: %w", err)
	}
	args := []string{"-D", fresh, "-U", postgresUser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"}
	if c.fast {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), args...)
	cmd.Env, cmd.Dir = serverEnv(), fresh
	cmd.SysProcAttr = childAttributes(c.id, syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make database cluster: %w; initdb said:\n%s", err, out.String())
	}
	// Only an empty folder is replaced: rename refuses a full one.
	if err := os.Rename(fresh, c.data); err != nil {
		return fmt.Errorf("move new cluster into place: %w", err)
	}
	return nil
}

// makeSocketDir makes the folder of the unix socket: run/ beside the data, or, when that path is too long for
// a socket, one in the folder for temporary files. It is reachable by the server's user and root only.
func makeSocketDir(f *folder, data string, id *identity) (string, error) {
	if err := openWay(f.sub("run"), id); err != nil {
		return "", err
	}
	dir := f.sub("run/pg")
	if data != f.data() {
		dir = filepath.Join(filepath.Dir(data), "socket")
	}
	if len(filepath.Join(dir, socketName)) >= maxSocketPath {
		dir = filepath.Join(os.TempDir(), "steward-pg-"+pathHash(f.root))
		if !reachable(dir, id) || len(filepath.Join(dir, socketName)) >= maxSocketPath {
			dir = filepath.Join("/tmp", "steward-pg-"+pathHash(f.root))
		}
	}
	err := os.Mkdir(dir, 0o700)
	if err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make folder for socket: %w", err)
	}
	if err == nil {
		if err := give(dir, id); err != nil {
			return "", fmt.Errorf("give socket folder to user of postgres: %w", err)
		}
	}
	return dir, ownedBy(dir, id)
}

// ownedBy refuses a folder that another user has put in our place: it could hold a server of theirs.
func ownedBy(dir string, id *identity) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at socket folder: %w", err)
	}
	want := uint32(os.Geteuid())
	if id != nil {
		want = id.uid
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || stat.Uid != want || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("check socket folder: %s is not a private folder of the user of postgres: remove it", dir)
	}
	return nil
}

// waitClusterFree waits until no process of an earlier life works in the cluster, and removes what that life
// has left: after a crash the pid in the files may belong to a stranger, and Postgres would refuse to start.
// Our lock on the folder makes sure that no other server is meant to run.
func waitClusterFree(ctx context.Context, data, socketDir string) error {
	ctx, cancel := context.WithTimeout(ctx, clusterFreeWithin)
	defer cancel()
	for {
		pid, busy := processIn(data)
		if !busy {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of the last server (process %d): %w", pid, ctx.Err())
		case <-time.After(readyPollEvery):
		}
	}
	for _, left := range []string{
		filepath.Join(data, "postmaster.pid"),
		filepath.Join(socketDir, socketName),
		filepath.Join(socketDir, socketName+".lock"),
	} {
		if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what the last server has left: %w", err)
		}
	}
	return nil
}

// processIn finds a process whose working folder is data, as it is for each process of a cluster. Without
// /proc it asks for the server's own pid only.
func processIn(data string) (int, bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil || len(entries) == 0 {
		return postmasterAlive(data)
	}
	real, err := filepath.EvalSymlinks(data)
	if err != nil {
		return 0, false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		if err != nil || !strings.HasPrefix(string(name), "postgres") {
			continue
		}
		if cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd")); err == nil && cwd == real {
			return pid, true
		}
	}
	return 0, false
}

func postmasterAlive(data string) (int, bool) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	return pid, err == nil && alive(pid)
}
