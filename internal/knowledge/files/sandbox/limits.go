package sandbox

import "time"

// Limits bound a process. Each of its children has the same limits for itself.
type Limits struct {
	// Memory is the private memory in bytes, heap and stacks.
	Memory int64 `json:"memory"`
	// Addresses is the address space in bytes, shared libraries and what is
	// only reserved included.
	Addresses int64 `json:"addresses"`
	// Processor is the processor time in seconds.
	Processor int64 `json:"processor_s"`
	// FileSize is the size in bytes of each file it writes.
	FileSize int64 `json:"file_size"`
	// Files is how many files it may have open.
	Files int64 `json:"files"`
}

// Limits of a reading process.
const (
	maxMemory    = 512 << 20
	maxAddresses = 2 << 30
	maxProcessor = 30
	maxFileSize  = 200 << 20
	maxFiles     = 256
)

// DefaultLimits are those of a process that reads one file: 512 MiB of memory,
// 2 GiB of addresses, 30 s of processor time, files of 200 MiB, 256 of them.
func DefaultLimits() Limits {
	return Limits{Memory: maxMemory, Addresses: maxAddresses, Processor: maxProcessor, FileSize: maxFileSize, Files: maxFiles}
}

// processorTime is the processor time as a duration.
func (l Limits) processorTime() time.Duration { return time.Duration(l.Processor) * time.Second }
