package crawl

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"steward/schemas"
)

// scope says which addresses belong to a source.
type scope struct {
	// links is false for a source that is a single page: any host belongs to it.
	links bool
	// host and all under it belong to a crawl.
	host, site       string
	include, exclude []string
}

func newScope(job schemas.CrawlJob) scope {
	if job.Source.Type != schemas.SourceCrawl {
		// Where the one page leads is where the admin pointed. Spec: S16.
		return scope{}
	}
	return scope{
		host: job.Scope, site: Site("http://" + job.Scope), links: true,
		include: job.Source.Include, exclude: job.Source.Exclude,
	}
}

// scopeOf is what a crawl is bound to that begins at an address: its host with
// everything under it, where www stands for the whole domain. Spec: S17.
func scopeOf(address string) string { return strings.TrimPrefix(Host(address), "www.") }

// covers reports whether an address is on a host of the scope. Names under a
// public suffix, such as github.io, belong to different owners.
func (s scope) covers(address string) bool {
	if !s.links {
		return true
	}
	host := Host(address)
	return host == s.host || strings.HasSuffix(host, "."+s.host) && Site(address) == s.site
}

// picks reports whether an address is on a host of the scope and its path is
// one that the admin wants.
func (s scope) picks(address string) bool {
	if !s.covers(address) {
		return false
	}
	if len(s.include) > 0 && !globs(s.include, address) {
		return false
	}
	return !globs(s.exclude, address)
}

// named reports whether the admin asked for the path of an address by a pattern
// of its own.
func (s scope) named(address string) bool { return len(s.include) > 0 && globs(s.include, address) }

// globs reports whether one of the patterns fits the path of an address. A
// pattern with a question mark is compared with the query too.
func globs(patterns []string, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		path := u.Path
		if strings.Contains(pattern, "?") {
			path += "?" + u.RawQuery
		}
		if plain, err := url.PathUnescape(pattern); err == nil {
			pattern = plain
		}
		return glob(pattern, path)
	})
}

// glob compares a whole text with a pattern in which a star stands for any
// characters.
func glob(pattern, text string) bool {
	first, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, last)
}

// isAsset reports whether an address has the extension of what is linked and
// holds no text of its own.
func isAsset(address string) bool {
	_, where, err := split(address)
	if err != nil {
		return true
	}
	where, _, _ = strings.Cut(where, "?")
	switch strings.ToLower(path.Ext(where)) {
	case ".7z", ".aac", ".apk", ".atom", ".avi", ".avif", ".bmp", ".bz2", ".css", ".deb", ".dmg", ".doc", ".eot",
		".eps", ".exe", ".flac", ".gif", ".gz", ".ico", ".ics", ".iso", ".jpeg", ".jpg", ".js", ".json", ".m4a", ".m4v",
		".map", ".mjs", ".mkv", ".mov", ".mp3", ".mp4", ".mpeg", ".mpg", ".msi", ".ogg", ".ogv", ".otf", ".pkg", ".png",
		".ppt", ".ps", ".psd", ".rar", ".rpm", ".rss", ".svg", ".swf", ".tar", ".tgz", ".tif", ".tiff", ".ttf", ".vcf",
		".wasm", ".wav", ".webm", ".webmanifest", ".webp", ".wmv", ".woff", ".woff2", ".xml", ".xz", ".zip":
		return true
	}
	return false
}
