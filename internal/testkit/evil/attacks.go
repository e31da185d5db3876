package evil

import "slices"

// Attacks are all attacks.
func Attacks() []Attack {
	return slices.Concat(CallAttacks(), WordAttacks())
}
