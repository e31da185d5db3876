// Package sandbox runs the reading of files that strangers made in child
// processes with limits, so that a file can break the child and nothing else.
//
// It owns the processes: how many run at once, their folders, their limits and
// what their end means. A Runner is the side of the worker and a
// knowledge.Reader; Main is the side of the child. It must not know a format,
// and nothing a child writes but its answer may leave the package: its errors
// could carry content.
//
// What holds a child back:
//
//   - memory, processor time, file sizes and open files, by rlimits that its own
//     children inherit. The limit of memory is on private memory (RLIMIT_DATA,
//     Linux 4.7 and later): a Go program reserves several times the addresses
//     that it uses, so one on addresses alone would be no measure of memory;
//   - time on the clock: the worker kills its process group;
//   - the worker's death: the kernel kills the child (Linux);
//   - files: it starts in an empty folder of its own, which goes when it ends,
//     with an environment of a path and a locale. It could still read what its
//     user may read, so no reader opens a file that content names;
//   - the network: on Linux it gets a network namespace without any interface
//     where the system permits user namespaces. Elsewhere nothing but the code
//     holds it back: no reader and no tool it runs opens a connection.
//
// Spec: S15.
package sandbox
