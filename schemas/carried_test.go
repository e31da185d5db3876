package schemas_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// TestCarriedOver: what a run carries over continue-as-new survives its
// encoding field by field, so that no field is unexported, untagged or dropped.
func TestCarriedOver(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		&schemas.ConversationInput{}, &schemas.ConversationState{}, &schemas.AgentInput{}, &schemas.HandoffInput{},
		&schemas.SyncSourceInput{}, &schemas.Delivery{}, &schemas.Ack{}, &schemas.Head{}, &schemas.NextStepResult{},
		&schemas.SendResult{}, &schemas.SettleSendInput{}, &schemas.HandoffStepResult{}, &schemas.AgentState{},
	} {
		kind := reflect.TypeOf(v).Elem()
		t.Run(kind.Name(), func(t *testing.T) {
			t.Parallel()
			n := 0
			fill(t, reflect.ValueOf(v).Elem(), &n)
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			back := reflect.New(kind).Interface()
			if err := json.Unmarshal(raw, back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, back); diff != "" {
				t.Errorf("(-sent +carried)\n%s", diff)
			}
		})
	}
}

// fill sets every field to a value of its own that is not the zero value.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, 0, *n, 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("value" + string(rune('a'+*n%26)))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("the test cannot fill a %s", v.Type())
	}
}
