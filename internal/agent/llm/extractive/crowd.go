package extractive

import (
	"math"

	"steward/schemas"
)

// phrasing is one question of a short answer.
type phrasing struct {
	schemas.Passage
	features, weights map[string]float64
}

// crowd are the phrasings at hand, with how many have a feature: in all, and of
// one answer.
type crowd struct {
	phrasings []phrasing
	total     map[string]int
	own       map[schemas.DocumentID]map[string]int
	size      map[schemas.DocumentID]int
}

func newCrowd() *crowd {
	return &crowd{
		total: make(map[string]int), own: make(map[schemas.DocumentID]map[string]int), size: make(map[schemas.DocumentID]int),
	}
}

func (c *crowd) add(p phrasing) {
	c.phrasings = append(c.phrasings, p)
	own := c.own[p.Document]
	if own == nil {
		own = make(map[string]int)
		c.own[p.Document] = own
	}
	c.size[p.Document]++
	for feature := range p.features {
		c.total[feature]++
		own[feature]++
	}
}

// rarity says how much a feature tells about the i-th phrasing's answer among
// the others at hand: 1 for one that no other has, towards 0 for one that all
// have. Without others everything tells.
func (c *crowd) rarity(i int) func(feature string) float64 {
	one := c.phrasings[i]
	own, size := c.own[one.Document], c.size[one.Document]
	if one.Document == "" {
		// Without a document each phrasing is an answer of its own.
		own, size = nil, 1
	}
	others := len(c.phrasings) - size
	most := math.Log(float64(others+1) / 0.5)
	return func(feature string) float64 {
		having := c.total[feature] - own[feature]
		if _, has := one.features[feature]; has && one.Document == "" {
			having--
		}
		return max(0, math.Log(float64(others+1)/(float64(having)+0.5))/most)
	}
}

// terms are the words of the i-th phrasing's answer: of its questions and its
// text.
func (c *crowd) terms(i int) map[string]bool {
	one := c.phrasings[i]
	seen := make(map[string]bool)
	addTerms(seen, terms(one.Text, one.Language))
	for j, p := range c.phrasings {
		if j == i || p.Document != "" && p.Document == one.Document {
			for t := range p.weights {
				seen[t] = true
			}
		}
	}
	return seen
}

func termsOf(weights map[string]float64) map[string]bool {
	seen := make(map[string]bool)
	for t := range weights {
		seen[t] = true
	}
	return seen
}
