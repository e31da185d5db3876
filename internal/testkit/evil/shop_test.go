package evil

import (
	"testing"

	"steward/internal/actions"
	"steward/schemas"
)

// TestShopIsValid: an action that could not be called shows nothing.
func TestShopIsValid(t *testing.T) {
	t.Parallel()
	c := openShop(t, nil).connection()
	for _, a := range shopActions(t) {
		if err := actions.Validate(a, []schemas.Connection{c}); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
}
