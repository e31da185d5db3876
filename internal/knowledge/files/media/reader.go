package media

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/sandbox"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// maxLength is how much of a video is transcribed. What comes after it is
	// left out.
	maxLength = 2 * time.Hour
	// partLength is how much sound goes into one request: services take files
	// up to 25 MB, and a request that fails costs no more than this.
	partLength = 20 * time.Minute
	// DefaultTimeout is the time for one run of ffmpeg.
	DefaultTimeout = 10 * time.Minute
	// maxProcessor is the processor time of ffmpeg in seconds. Two hours of
	// sound take about 40 s.
	maxProcessor = 300
)

// Reader reads videos. It is safe for concurrent use.
type Reader struct {
	// FFmpeg is the path of the program; empty: no video can be read.
	FFmpeg string
	// Pool gives ffmpeg its folder and its turn.
	Pool *sandbox.Pool
	// Transcriber hears what is said; nil: only subtitles are read.
	Transcriber *Transcriber
	// Timeout is the time for one run of ffmpeg; 0 means DefaultTimeout.
	Timeout time.Duration
	// part is how much sound goes into one request; 0 means partLength.
	part time.Duration
}

var _ knowledge.Reader = Reader{}

// Read returns what is said in a video, under headings with the time at which
// it is said, every two to three minutes. Its errors are Failures:
// needs_transcription without a service or ffmpeg, no_text for a video without
// words, unsupported_type, truncated, bomb and timeout by ffmpeg, and
// transcription_failed by the service.
func (r Reader) Read(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	switch {
	case len(page.Body) > schemas.MaxSourceBytes:
		return knowledge.Text{}, knowledge.Fail(schemas.FailTooLarge, nil)
	case len(page.Body) == 0:
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	case !playable(page.Body):
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
	case r.FFmpeg == "":
		return knowledge.Text{}, knowledge.Fail(schemas.FailNeedsTranscription, errors.New("ffmpeg is not installed"))
	}
	var found content
	err := r.Pool.Use(ctx, func(dir string) error {
		var err error
		found, err = r.unpack(ctx, dir, page)
		return err
	})
	if err != nil {
		return knowledge.Text{}, err
	}
	text := knowledge.Text{}
	lines := found.subtitles
	if len(found.sound) > 0 {
		if lines, text.Language, err = r.Transcriber.all(ctx, found.sound, cmp.Or(r.part, partLength), page.Language); err != nil {
			return knowledge.Text{}, err
		}
		text.Notes = []knowledge.Note{knowledge.NoteTranscribed}
		if found.length > maxLength {
			text.Notes = append(text.Notes, knowledge.NotePartial)
		}
	}
	text.Language = cmp.Or(page.Language, text.Language)
	text.Markdown = language.Clean(written(lines))
	if text.Markdown == "" {
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	}
	return text, nil
}

// playable reports whether a body may be a video: documents under its name are
// not given to ffmpeg, which would follow what a playlist names.
func playable(body []byte) bool {
	kind, _, _ := strings.Cut(mimetype.Detect(body).String(), ";")
	family, _, _ := strings.Cut(kind, "/")
	return family == "video" || family == "audio" || kind == "application/octet-stream" || kind == "application/ogg"
}

// content is what a video holds that can become text.
type content struct {
	// sound is in parts of partLength.
	sound     [][]byte
	subtitles []line
	length    time.Duration
}

// unpack takes the sound of a video apart, or its subtitles when there is
// nobody to hear it.
func (r Reader) unpack(ctx context.Context, dir string, page knowledge.Page) (content, error) {
	if err := os.WriteFile(filepath.Join(dir, input), page.Body, 0o600); err != nil {
		return content{}, knowledge.FailForNow(schemas.FailInternal, errors.New("a video could not be written"))
	}
	f := ffmpeg{path: r.FFmpeg, dir: dir, timeout: cmp.Or(r.Timeout, DefaultTimeout)}
	streams, err := f.look(ctx)
	if err != nil {
		return content{}, err
	}
	found := content{length: streams.length}
	if streams.sound && r.Transcriber != nil {
		found.sound, err = f.sound(ctx, cmp.Or(r.part, partLength))
		return found, err
	}
	if track, ok := streams.track(page.Language); ok {
		found.subtitles, err = f.subtitles(ctx, track)
		return found, err
	}
	if streams.sound {
		return content{}, knowledge.Fail(schemas.FailNeedsTranscription, nil)
	}
	return content{}, knowledge.Fail(schemas.FailNoText, errors.New("no sound and no subtitles"))
}

// line is something said, with when it begins and ends.
type line struct {
	from, to time.Duration
	text     string
}

// sectionLength is how much of what is said stands below one heading. A section
// ends with a sentence, or at half as much again.
const sectionLength = 2 * time.Minute

// written writes lines in sections under the time at which each begins.
func written(lines []line) string {
	var b bytes.Buffer
	var from time.Duration
	open := false
	for _, l := range lines {
		text := strings.Join(strings.Fields(l.text), " ")
		if text == "" {
			continue
		}
		if open {
			b.WriteByte(' ')
		} else {
			from, open = l.from, true
			if b.Len() > 0 {
				b.WriteString("\n\n")
			}
			fmt.Fprintf(&b, "## [%s]\n\n", clock(from))
		}
		b.WriteString(text)
		length := l.to - from
		if length >= sectionLength && strings.ContainsAny(text[len(text)-1:], ".?!") || length >= sectionLength*3/2 {
			open = false
		}
	}
	return b.String()
}

// clock writes a time as mm:ss, or h:mm:ss from an hour on.
func clock(t time.Duration) string {
	seconds := int(t / time.Second)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%02d:%02d", seconds/60, seconds%60)
}
