package scripted

import (
	"slices"
	"strconv"
	"strings"

	"steward/schemas"
)

// QuoteFirst is a Fallback that answers with the first sentence of the first
// passage in the prompt's last message with passages, and cites it; without
// passages it found nothing.
func QuoteFirst(req Request) (Step, bool) {
	var block []string
	for _, text := range slices.Backward(req.Messages) {
		if block = passageBlock.FindStringSubmatch(text); block != nil {
			break
		}
	}
	if block == nil {
		return Step{Decision: &schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: "I did not find this in our pages.", NotFound: true, Language: "en",
		}}, true
	}
	number, err := strconv.Atoi(block[2])
	if err != nil {
		return Step{}, false
	}
	quote := strings.TrimSpace(block[3])
	if _, answer, ok := strings.Cut(quote, "\nAnswer: "); ok && strings.HasPrefix(quote, "Question: ") {
		quote = answer
	}
	if end := sentenceEnd.FindStringIndex(quote); end != nil {
		quote = quote[:end[0]+1]
	}
	return Answer(quote+" [S"+block[2]+"]", number), true
}
