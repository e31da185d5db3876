package extract

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"steward/internal/knowledge"
)

// help makes a help page of about size bytes: menus, sections with paragraphs,
// lists, tables and code, and a frame of the site around them.
func help(size int, main string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="en"><head><title>Shipping | Shop</title></head><body><header><nav><ul>`)
	for i := range 60 {
		fmt.Fprintf(&b, `<li class="nav-item"><a class="nav-link" href="/menu/%d">Menu item %d</a></li>`, i, i)
	}
	b.WriteString(`</ul></nav></header><` + main + ` class="content"><h1>Shipping</h1>`)
	for i := 0; b.Len() < size-2000; i++ {
		fmt.Fprintf(&b, `<div class="section block-%d" data-id="%d"><h2 id="s%d">Section %d</h2><p class="text">Parcels of kind <strong>%d</strong> take `+
			`three days. See <a href="/kind/%d" target="_blank">what they may hold</a>, and ask us when one is late. We look for it with the carrier and write to you within a day.</p>`+
			`<ul class="list"><li>No liquids</li><li>No batteries</li></ul><table class="grid"><tr><th>Zone</th><th>Price</th></tr><tr><td>Near</td><td>%d EUR</td></tr></table>`+
			`<pre><code>parcel --kind %d</code></pre></div>`, i, i, i, i, i, i, i, i)
	}
	b.WriteString(`</` + main + `><footer><ul>`)
	for i := range 20 {
		fmt.Fprintf(&b, `<li><a href="/foot/%d">Footer %d</a></li>`, i, i)
	}
	b.WriteString(`</ul></footer></body></html>`)
	return b.String()
}

// processorTime is what this process has used so far: on a busy machine the
// clock says little.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRead reads pages that mark their main part, and pages that have to
// be searched for it.
func BenchmarkRead(b *testing.B) {
	for _, main := range []string{"main", "div"} {
		for _, size := range []int{35_000, 145_000} {
			page := knowledge.Page{URL: "https://shop.example/a", ContentType: "text/html", Body: []byte(help(size, main))}
			b.Run(fmt.Sprintf("%s/%dKB", main, size/1000), func(b *testing.B) {
				b.ReportAllocs()
				began := processorTime(b)
				for b.Loop() {
					if _, err := (Reader{}).Read(b.Context(), page); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((processorTime(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
