// Package lines reads data sets that have one record a line. It owns the limit of
// a line and the naming of the file in errors. It must not know what a line holds.
package lines

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// longest bounds a line, in bytes.
const longest = 4 << 20

// Each calls f with each line of a file that is not empty, and ends with the
// first error, which names the file.
func Each(path string, f func(line string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := f(lines.Text()); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
	}
	return lines.Err()
}
