package openai

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// batchTexts and batchTokens bound one request.
	batchTexts  = 96
	batchTokens = 8192
	// marginPercent of a model's limit is used: tokens are estimated, and a
	// server may refuse a text that is too long.
	marginPercent = 90
	// firstIdeograph is where the scripts begin in which a character is a token.
	firstIdeograph = 0x2e80
)

// quarters estimates the size of a character in quarters of a token: four
// Latin letters make one, two of other alphabets, one ideograph.
func quarters(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case r < firstIdeograph:
		return 2
	}
	return 4
}

// tokens estimates the tokens of a text, at least one.
func tokens(text string) int {
	sum := 0
	for _, r := range text {
		sum += quarters(r)
	}
	return sum/4 + 1
}

// cut shortens a text to about so many tokens, at a space where one is near.
func cut(text string, limit int) string {
	left := limit * 4
	for i, r := range text {
		if left -= quarters(r); left < 0 {
			text = text[:i]
			if space := strings.LastIndexAny(text, " \n\t"); space > len(text)*4/5 {
				text = text[:space]
			}
			return text
		}
	}
	return text
}

// key names the vector of an input in the cache. Lengths keep the parts apart.
func key(model string, dims int, prefix, text string) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%d:%s%d|%d:%s%d:%s", len(model), model, dims, len(prefix), prefix, len(text), text)
	return hex.EncodeToString(h.Sum(nil))
}

// VectorName is the name of a model's vectors in an index: at most 64 lower
// case letters, digits and underscores, the same for ever. A part of the hash
// keeps models apart whose names differ only in other characters.
func VectorName(model string, dims int) string {
	const most = 40
	var readable strings.Builder
	for _, r := range strings.ToLower(model) {
		if readable.Len() == most {
			break
		}
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			r = '_'
		}
		readable.WriteRune(r)
	}
	sum := sha256.Sum256([]byte(model))
	return "model_" + readable.String() + "_" + strconv.Itoa(dims) + "_" + hex.EncodeToString(sum[:4])
}
