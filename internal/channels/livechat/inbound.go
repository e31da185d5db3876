package livechat

import (
	"fmt"

	"steward/internal/language"
	"steward/schemas"
)

// CleanText makes a visitor's message safe to store. A message that is empty
// once it is clean, or longer than MaxText, is refused.
func CleanText(text string) (string, error) {
	text = language.Clean(text)
	if text == "" {
		return "", schemas.NewError(schemas.KindInvalid, "The message is empty.")
	}
	if language.Graphemes(text) > MaxText {
		return "", schemas.NewError(schemas.KindTooLarge, fmt.Sprintf("A message is at most %d characters.", MaxText))
	}
	return text, nil
}

// CleanEmail returns the address a visitor typed, with its domain in lower
// case, or an error when it is not one address and nothing else.
func CleanEmail(text string) (string, error) {
	text = language.Clean(text)
	address, ok := language.FindEmail(text)
	if !ok || len(address) != len(text) {
		return "", schemas.NewError(schemas.KindInvalid, "This is not an email address.")
	}
	return address, nil
}
