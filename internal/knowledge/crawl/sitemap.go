package crawl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// maxSitemapBytes and maxSitemapURLs bound one file, unpacked; they are
	// those of the protocol (sitemaps.org).
	maxSitemapBytes = 50 << 20
	maxSitemapURLs  = 50_000

	gzipMagic = "\x1f\x8b"
)

// Why a sitemap was read in part, or not at all.
var (
	ErrNoSitemap     = errors.New("not a sitemap")
	ErrBrokenSitemap = errors.New("sitemap is broken")
	ErrSitemapLimit  = errors.New("sitemap is longer than 50,000 addresses or 50 MB")
)

// SitemapFile is what one file of a sitemap lists. Addresses are as written;
// each is given as often as the file names it.
type SitemapFile struct {
	URLs []SitemapURL
	// Sitemaps are the addresses of further files.
	Sitemaps []string
}

// SitemapURL is a page in a sitemap.
type SitemapURL struct {
	URL string
	// LastModified is when the page changed, as the site says, which is a hint
	// and no more; zero when it does not say.
	LastModified time.Time
}

// ReadSitemap reads one file of a sitemap: a list or an index in XML, a feed
// (RSS, Atom), or a plain list of addresses; also packed with gzip. An error
// (ErrBrokenSitemap, ErrSitemapLimit, ErrNoSitemap) comes with what was read
// before it, which is of use.
func ReadSitemap(r io.Reader) (SitemapFile, error) {
	// One byte more shows that the file is longer.
	source := &counted{Reader: io.LimitReader(r, maxSitemapBytes+1)}
	in := bufio.NewReader(source)
	if magic, _ := in.Peek(len(gzipMagic)); string(magic) == gzipMagic {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return SitemapFile{}, fmt.Errorf("unpack: %w", ErrBrokenSitemap)
		}
		source = &counted{Reader: io.LimitReader(unpacked, maxSitemapBytes+1)}
		in = bufio.NewReader(source)
	}
	read := readAddresses
	if startsXML(in) {
		read = readXML
	}
	file, err := read(in)
	if source.n > maxSitemapBytes {
		err = ErrSitemapLimit
	}
	return file, err
}

// startsXML skips a byte order mark and blanks and looks at what follows.
func startsXML(in *bufio.Reader) bool {
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	for {
		c, err := in.ReadByte()
		if err != nil {
			return false
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(c)) {
			return in.UnreadByte() == nil && c == '<'
		}
	}
}

// readAddresses reads a plain list: one address on each line.
func readAddresses(in *bufio.Reader) (SitemapFile, error) {
	var file SitemapFile
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if !hasScheme(line) || len(line) > maxRefBytes {
			if len(file.URLs) == 0 {
				return file, ErrNoSitemap
			}
			continue
		}
		if len(file.URLs) == maxSitemapURLs {
			return file, ErrSitemapLimit
		}
		file.URLs = append(file.URLs, SitemapURL{URL: line})
	}
	switch {
	case len(file.URLs) == 0:
		return file, ErrNoSitemap
	case lines.Err() != nil:
		return file, fmt.Errorf("read lines: %w", ErrBrokenSitemap)
	}
	return file, nil
}
