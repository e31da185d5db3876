package slots_test

import (
	"strings"
	"testing"

	"steward/internal/agent/slots"
)

func BenchmarkFill(b *testing.B) {
	for name, c := range map[string][2]string{
		"pattern": {order, "my order is A-17"},
		"integer": {integer, "about 1,250 people"},
		"phone":   {phone, "call me at +1 (650) 253-0000"},
		"long":    {order, strings.Repeat("no order here 17 ", 250)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				slots.Fill(input(c[0]), c[1], "en", "", now())
			}
		})
	}
}
