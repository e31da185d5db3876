package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc on Linux.
const clockTick = 10 * time.Millisecond

// CPU is how much CPU time each part of the product has used so far, with its
// children.
func (r *Rig) CPU() (map[string]time.Duration, error) {
	parents, used, err := processes()
	if err != nil {
		return nil, err
	}
	out := make(map[string]time.Duration, len(r.pids))
	for pid, d := range used {
		for at := pid; at > 1; at = parents[at] {
			if name, ok := r.pids[at]; ok {
				out[name] += d
				break
			}
		}
	}
	return out, nil
}

// PerTurn is the CPU time in milliseconds that each part used for one of n
// turns between two readings.
func PerTurn(before, after map[string]time.Duration, n int) map[string]float64 {
	out := make(map[string]float64, len(after))
	for name, d := range after {
		out[name] = milliseconds((d - before[name]) / time.Duration(n))
	}
	return out
}

// processes reads the parent and the CPU time of every process.
func processes() (parents map[int]int, used map[int]time.Duration, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, nil, err
	}
	parents, used = map[int]int{}, map[int]time.Duration{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // It has ended meanwhile.
		}
		pid, _ := strconv.Atoi(strings.Split(f, "/")[2])
		_, rest, ok := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 13 {
			return nil, nil, fmt.Errorf("read %s: not the known form", f)
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		user, _ := strconv.ParseInt(fields[11], 10, 64)
		system, _ := strconv.ParseInt(fields[12], 10, 64)
		used[pid] = time.Duration(user+system) * clockTick
	}
	return parents, used, nil
}
