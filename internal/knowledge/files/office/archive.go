package office

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	zipMark = "PK\x03\x04"
	// zipEntry begins the record of every file in an archive's directory.
	zipEntry = "PK\x01\x02"
	// zipEncrypted is the flag of a file with a password.
	zipEncrypted = 0x1
)

// archive is an Open Packaging archive (ECMA-376 part 2), read within bounds. It
// lives as long as the call that reads one document, and so carries its context.
type archive struct {
	ctx context.Context
	// files by their name in lower case, without a leading slash.
	files map[string]*zip.File
	// left is how much may still be unpacked, in bytes.
	left int64
	// cut is true when a part was longer than what is read of it.
	cut bool
}

// openArchive lists the parts of body without unpacking any.
func openArchive(ctx context.Context, body []byte) (*archive, error) {
	if bytes.HasPrefix(body, []byte(compoundMark)) {
		return nil, compoundReason(body)
	}
	if !bytes.HasPrefix(body, []byte(zipMark)) {
		return nil, errForeign
	}
	// Counted before the directory is read: its own number cannot be trusted.
	if bytes.Count(body, []byte(zipEntry)) > maxEntries {
		return nil, errEntries
	}
	list, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	a := &archive{ctx: ctx, files: make(map[string]*zip.File, len(list.File)), left: maxUnpacked}
	for _, f := range list.File {
		name := partName(f.Name)
		if _, ok := a.files[name]; !ok {
			a.files[name] = f
		}
	}
	return a, nil
}

// partName is how a part is looked up: some writers use backslashes, and names
// are equal whatever their case.
func partName(name string) string {
	return strings.ToLower(strings.TrimLeft(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *archive) has(name string) bool {
	_, ok := a.files[partName(name)]
	return ok
}

// unpack opens a part. The caller closes it.
func (a *archive) unpack(name string) (*part, error) {
	f, ok := a.files[partName(name)]
	if !ok {
		return nil, errNoPart
	}
	if f.Flags&zipEncrypted != 0 {
		return nil, errPassword
	}
	// The reader of the archive stops a part that is longer than it says.
	if f.UncompressedSize64 > maxPart && f.UncompressedSize64/max(f.CompressedSize64, 1) > maxRatio {
		return nil, errExpansion
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open part: %w", err)
	}
	return &part{archive: a, packed: r, left: maxPart}, nil
}

// part is the content of one file of an archive.
type part struct {
	archive *archive
	packed  io.ReadCloser
	guard   guard
	// left is how much of it may still be read, in bytes.
	left int64
	cut  bool
}

func (p *part) Read(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	limit := min(p.left, p.archive.left, int64(len(buf)))
	if limit <= 0 {
		p.cut, p.archive.cut = true, true
		return 0, io.EOF
	}
	n, err := p.packed.Read(buf[:limit])
	p.left -= int64(n)
	p.archive.left -= int64(n)
	if err := p.guard.see(buf[:n]); err != nil {
		return 0, err
	}
	return n, err
}

func (p *part) Close() error { return p.packed.Close() }

// relation is a link from one part to another, or out of the archive.
type relation struct {
	// kind is the last segment of its type, such as styles or hyperlink. The
	// part before it differs between the two editions of the format.
	kind string
	// target is a part, or an address when external is true.
	target   string
	external bool
}

// relations are those of a part by their id; of the archive for an empty name.
func (a *archive) relations(name string) (map[string]relation, error) {
	folder, base := path.Split(name)
	list := path.Join(folder, "_rels", base+".rels")
	out := map[string]relation{}
	if !a.has(list) {
		return out, nil
	}
	err := a.walk(list, visit(func(el element) verdict {
		if el.name == "Relationship" {
			r := relation{kind: path.Base(el.attr("Type")), target: el.attr("Target")}
			r.external = strings.EqualFold(el.attr("TargetMode"), "External")
			if !r.external {
				r.target = resolve(folder, r.target)
			}
			out[el.attr("Id")] = r
		}
		return enter
	}))
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", err)
	}
	return out, nil
}

// resolve finds a target from the folder of the part that names it.
func resolve(folder, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if strings.HasPrefix(target, "/") {
		return strings.TrimLeft(path.Clean(target), "/")
	}
	return strings.TrimLeft(path.Join("/", folder, target), "/")
}

// mainPart is the part that holds the document, found by its relation, since
// its name is free; usual is where it is when there is none.
func (a *archive) mainPart(usual string) (string, error) {
	root, err := a.relations("")
	if err != nil {
		return "", err
	}
	if name := find(root, "officeDocument"); name != "" && a.has(name) {
		return name, nil
	}
	if a.has(usual) {
		return usual, nil
	}
	return "", errForeign
}

// find returns the target of a relation of a kind; the one with the lowest id,
// so that the same file always reads the same.
func find(relations map[string]relation, kind string) string {
	var id, target string
	for key, r := range relations {
		if r.kind == kind && !r.external && (target == "" || key < id) {
			id, target = key, r.target
		}
	}
	return target
}

// expect checks the outermost element of a part: each kind of document has its
// own.
func (a *archive) expect(name, root string) error {
	found := ""
	err := a.walk(name, visit(func(el element) verdict {
		found = el.name
		return stop
	}))
	if err != nil {
		return err
	}
	if found != root {
		return errForeign
	}
	return nil
}
