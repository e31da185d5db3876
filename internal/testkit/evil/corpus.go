package evil

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Corpus reads the texts of a folder with the data sets prompt-injection
// (BIPIA and garak) and naughty-strings: orders to a model, code and strings
// that programs stumble over. Empty texts are left out.
func Corpus(folder string) ([]string, error) {
	var out []string
	attacks := map[string][]string{}
	if err := readJSON(filepath.Join(folder, "prompt-injection/bipia/text_attack_train.json"), &attacks); err != nil {
		return nil, err
	}
	for _, kind := range slices.Sorted(func(yield func(string) bool) {
		for k := range attacks {
			if !yield(k) {
				return
			}
		}
	}) {
		out = append(out, attacks[kind]...)
	}
	mails, err := contexts(filepath.Join(folder, "prompt-injection/bipia/email-train.jsonl"), attacks)
	if err != nil {
		return nil, err
	}
	out = append(out, mails...)
	files, err := filepath.Glob(filepath.Join(folder, "prompt-injection/garak/*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		var set struct{ Payloads []string }
		if err := readJSON(f, &set); err != nil {
			return nil, err
		}
		out = append(out, set.Payloads...)
	}
	var naughty []string
	if err := readJSON(filepath.Join(folder, "naughty-strings/blns.json"), &naughty); err != nil {
		return nil, err
	}
	out = append(out, naughty...)
	return slices.DeleteFunc(out, func(s string) bool { return strings.TrimSpace(s) == "" }), nil
}

// contexts are the mails of BIPIA, each with an attack at its end.
func contexts(file string, attacks map[string][]string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open contexts: %w", err)
	}
	defer func() { _ = f.Close() }()
	var out []string
	orders := attacks["Instruction"]
	scan := bufio.NewScanner(f)
	for scan.Scan() {
		var row struct{ Context string }
		if err := json.Unmarshal(scan.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("read context: %w", err)
		}
		text := row.Context
		if len(orders) > 0 {
			text += "\n" + orders[len(out)%len(orders)]
		}
		out = append(out, text)
	}
	return out, scan.Err()
}

func readJSON(file string, into any) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read texts of %s: %w", filepath.Base(file), err)
	}
	return nil
}
