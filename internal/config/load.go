package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

const fileSuffix = "_FILE"

// maxSecretFile bounds what is read from a secret's file, in bytes.
const maxSecretFile = 64 << 10

// Load reads the configuration from environ ("NAME=value" entries, as os.Environ gives them) and checks it.
//
// The warnings name each STEWARD_ variable that nothing reads, with the nearest known name. A variable that
// is set to an empty text counts as not set, as ops expect from compose files. The error lists everything
// that is wrong, not only the first. White space around a value does not count, unless it is a secret.
func Load(environ []string) (Config, []string, error) {
	vars := make(map[string]string)
	for name, value := range env.ToMap(environ) {
		if strings.HasPrefix(name, Prefix) && value != "" {
			vars[name] = value
		}
	}
	trim(vars)
	warnings := unknownNames(vars)
	if err := readSecretFiles(vars); err != nil {
		return Config{}, warnings, err
	}
	var cfg Config
	if err := env.ParseWithOptions(&cfg, env.Options{Prefix: Prefix, Environment: vars}); err != nil {
		return Config{}, warnings, fmt.Errorf("read configuration: %w", parseProblems(err))
	}
	return cfg, warnings, cfg.Validate()
}

// parseProblems replaces the library's report, which quotes values, with one that only names variables.
func parseProblems(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return errors.New("the environment cannot be parsed")
	}
	byField := make(map[string]Entry)
	for _, e := range Reference() {
		byField[e.Field] = e
	}
	problems := make([]error, 0, len(all.Errors))
	for _, one := range all.Errors {
		var parse env.ParseError
		if errors.As(one, &parse) {
			problems = append(problems, fmt.Errorf("%s: not a valid %s", byField[parse.Name].Name, kindName(parse.Type)))
			continue
		}
		problems = append(problems, one)
	}
	return errors.Join(problems...)
}

func kindName(t reflect.Type) string {
	switch t.String() {
	case "time.Duration":
		return "duration (for example 500ms, 30s, 5m)"
	case "slog.Level":
		return "log level (debug, info, warn, error)"
	case "bool":
		return "switch (true or false)"
	case "int":
		return "whole number"
	default:
		return t.String()
	}
}

// trim takes away the white space around values. A secret may begin or end with it.
func trim(vars map[string]string) {
	for _, e := range Reference() {
		value := strings.TrimSpace(vars[e.Name])
		switch {
		case e.Secret:
		case value == "":
			delete(vars, e.Name)
		default:
			vars[e.Name] = value
		}
	}
}

// readSecretFiles replaces STEWARD_X_FILE by STEWARD_X with the content of the file.
func readSecretFiles(vars map[string]string) error {
	var problems []error
	for _, e := range Reference() {
		path, ok := vars[e.Name+fileSuffix]
		if !e.Secret || !ok {
			continue
		}
		delete(vars, e.Name+fileSuffix)
		if _, both := vars[e.Name]; both {
			problems = append(problems, fmt.Errorf("%s and %s%s are both set: keep one", e.Name, e.Name, fileSuffix))
			continue
		}
		value, err := readSecret(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s%s: %w", e.Name, fileSuffix, err))
			continue
		}
		vars[e.Name] = value
	}
	return errors.Join(problems...)
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if info.Size() > maxSecretFile {
		return "", fmt.Errorf("read secret: file is over %d bytes", maxSecretFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		return "", errors.New("read secret: file is empty")
	}
	return value, nil
}

func unknownNames(vars map[string]string) []string {
	// Tests arm internal/fault with the first; the command line reads the others.
	known := []string{Prefix + "FAULT", Prefix + "URL", Prefix + "TOKEN"}
	for _, e := range Reference() {
		known = append(known, e.Name)
		if e.Secret {
			known = append(known, e.Name+fileSuffix)
		}
	}
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if slices.Contains(known, name) {
			continue
		}
		near := nearest(name, known)
		if !named(name) || editDistance(name, near) == 1 {
			warnings = append(warnings, fmt.Sprintf("unknown variable %s: did you mean %s?", name, near))
		}
	}
	return warnings
}

// named reports whether a variable may be a secret that a connection or a connector refers to by its name.
func named(name string) bool {
	return strings.HasPrefix(name, Prefix+"SECRET_") || strings.HasPrefix(name, Prefix+"TOKEN_")
}

// nearest returns the known name with the smallest edit distance to name.
func nearest(name string, known []string) string {
	best, bestDistance := "", -1
	for _, k := range known {
		if d := editDistance(name, k); bestDistance < 0 || d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance in bytes; variable names are ASCII.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
