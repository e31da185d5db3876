package office

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/richardlehane/mscfb"
)

// compoundMark begins a compound file, the container of the formats before 2007
// and of protected documents since. See MS-CFB 2.2.
const compoundMark = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// maxDirectory is how much of a compound file's directory is read, in bytes.
// Its reader keeps the path of every entry, so memory grows with the square.
const maxDirectory = 256 << 10

// compound is an open compound file.
type compound struct {
	body  []byte
	files []*mscfb.File
}

// openCompound reads the directory of a compound file.
func openCompound(body []byte) (c *compound, err error) {
	defer guarded(&err)
	if !bytes.HasPrefix(body, []byte(compoundMark)) {
		return nil, errForeign
	}
	limit := &sectors{Reader: bytes.NewReader(body), left: maxDirectory}
	r, err := mscfb.New(limit)
	if limit.left < 0 {
		return nil, errEntries
	}
	if err != nil {
		return nil, fmt.Errorf("open compound file: %w", err)
	}
	limit.left = math.MaxInt
	return &compound{body: body, files: r.File}, nil
}

// compoundReason says why a compound file is no archive: since 2007 documents
// with a password are stored in one. See MS-OFFCRYPTO 2.3.4.
func compoundReason(body []byte) error {
	c, err := openCompound(body)
	if err != nil {
		return err
	}
	if c.find("EncryptedPackage") != nil {
		return errPassword
	}
	return errForeign
}

// find returns the first stream of these names. Those in folders belong to
// documents inside the document.
func (c *compound) find(names ...string) *mscfb.File {
	for _, name := range names {
		for _, f := range c.files {
			if f.Name == name && f.Size > 0 && len(f.Path) == 0 {
				return f
			}
		}
	}
	return nil
}

// read returns a stream. With an error comes what could be read.
func (c *compound) read(f *mscfb.File) (data []byte, err error) {
	defer guarded(&err)
	// In pieces: the reader joins neighbouring sectors one by one, which takes
	// quadratic time over a whole stream.
	const piece = 64 << 10
	size := min(f.Size, int64(len(c.body)))
	data = make([]byte, 0, size)
	for int64(len(data)) < size {
		end := min(len(data)+piece, int(size))
		n, err := f.Read(data[len(data):end])
		data = data[:len(data)+n]
		if err != nil && !errors.Is(err, io.EOF) {
			return data, fmt.Errorf("read stream: %w", err)
		}
		if n == 0 {
			return data, io.ErrUnexpectedEOF
		}
	}
	return data, nil
}

// sectors bounds how many whole sectors are read while the directory is.
type sectors struct {
	*bytes.Reader
	left int
}

func (s *sectors) ReadAt(p []byte, off int64) (int, error) {
	const sector = 512
	if len(p) >= sector {
		if s.left -= len(p); s.left < 0 {
			return 0, errEntries
		}
	}
	return s.Reader.ReadAt(p, off)
}
