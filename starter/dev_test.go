package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/config"
)

// TestDevelopmentMayReadOneSiteOnLoopback and no other, unless the operator
// says which.
func TestDevelopmentMayReadOneSiteOnLoopback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		environ []string
		want    []string
	}{
		{"without the switch", nil, nil},
		{"in development", []string{"STEWARD_DEV=1"}, []string{"127.0.0.1:18790"}},
		{"the operator's choice", []string{"STEWARD_DEV=1", "STEWARD_CRAWL_ALLOW=wiki.intranet:8080"}, []string{"wiki.intranet:8080"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			given, _, err := config.Load(c.environ)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := config.Load(devEnviron(c.environ, given))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.CrawlAllow); diff != "" {
				t.Errorf("may be read (-want +got):\n%s", diff)
			}
		})
	}
}
