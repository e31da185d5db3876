package pdf

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

// file writes PDF files. Its font is Courier: every character is 0.6 of its size
// wide.
type file struct {
	objects []string
	// trailer is what its trailer says more.
	trailer string
}

// pages makes a file of pages with these instructions.
func pages(contents ...string) *file {
	f := &file{objects: []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding /FirstChar 32 /LastChar 255 /Widths [" + strings.Repeat("600 ", 224) + "] >>",
	}}
	kids := ""
	for _, c := range contents {
		n := len(f.objects) + 1
		kids += fmt.Sprintf("%d 0 R ", n)
		f.objects = append(f.objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", n+1),
			stream(c, ""))
	}
	f.objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids, len(contents))
	return f
}

func stream(data, more string) string {
	return fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(data), more, data)
}

// deflated is a stream that is packed.
func deflated(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return stream(b.String(), "/Filter /FlateDecode")
}

func (f *file) titled(title string) *file {
	f.objects = append(f.objects, "<< /Title ("+title+") >>")
	f.trailer = fmt.Sprintf("/Info %d 0 R", len(f.objects))
	return f
}

func (f *file) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	places := make([]int, len(f.objects))
	for i, o := range f.objects {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, p := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, f.trailer, xref)
	return b.Bytes()
}

// at draws lines of text, the first one y points above the foot of the page.
func at(x, y, size float64, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "BT /F1 %g Tf %g TL %g %g Td\n", size, size*1.2, x, y)
	for _, l := range lines {
		fmt.Fprintf(&b, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(l))
	}
	b.WriteString("ET\n")
	return b.String()
}

// ways are the two ways to read a file.
func ways(t *testing.T) map[string]Options {
	t.Helper()
	out := map[string]Options{"alone": {}}
	if path, err := exec.LookPath("pdftotext"); err == nil {
		out["poppler"] = Options{Pdftotext: path, TempDir: t.TempDir()}
	} else {
		t.Log("pdftotext is missing: apt-get install poppler-utils")
	}
	return out
}

// both runs a test with both readers.
func both(t *testing.T, test func(t *testing.T, o Options)) {
	t.Helper()
	for name, o := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, o)
		})
	}
}

func mustRead(t *testing.T, body []byte, o Options) *Document {
	t.Helper()
	d, err := Read(context.Background(), body, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustText(t *testing.T, d *Document) knowledge.Text {
	t.Helper()
	text, err := d.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func codeOf(t *testing.T, err error) schemas.FailCode {
	t.Helper()
	var failure *knowledge.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("the error is %v, not a failure", err)
	}
	return failure.Code
}
