package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/sandbox"
	"steward/schemas"
)

// The files in the folder of a run.
const (
	input    = "in"
	sound    = "out.ogg"
	part     = "part%03d.ogg"
	parts    = "part*.ogg"
	subtitle = "out.srt"
)

// containers are the kinds of file that ffmpeg may take the input for: none of
// them names other files. Kinds that do, such as playlists, would be read from
// our disk.
const containers = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg"

// maxSound is the largest file of sound, in bytes: 24 MiB hold two hours.
const maxSound = 24 << 20

// ffmpeg runs the program in one folder.
type ffmpeg struct {
	path, dir string
	timeout   time.Duration
}

// run starts ffmpeg on a file of the folder. complaints is what it says about
// the input.
func (f ffmpeg) run(ctx context.Context, file string, arguments ...string) (code int, complaints string, err error) {
	command := []string{
		f.path, "-hide_banner", "-nostats", "-nostdin",
		"-protocol_whitelist", "file", "-format_whitelist", containers, "-threads", "1", "-i", file,
	}
	limits := sandbox.DefaultLimits()
	limits.Processor = maxProcessor
	process := sandbox.Process{Command: append(command, arguments...), Dir: f.dir, Timeout: f.timeout, Limits: limits}
	result, err := process.Run(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, "", knowledge.FailForNow(schemas.FailTimeout, err)
	case errors.Is(err, context.Canceled):
		return 0, "", knowledge.FailForNow(schemas.FailCancelled, err)
	case err != nil:
		return 0, "", knowledge.FailForNow(schemas.FailInternal, errors.New("ffmpeg could not be started"))
	}
	switch result.End {
	case sandbox.EndExit:
		return result.Code, result.Complaints, nil
	case sandbox.EndMemory:
		return 0, "", knowledge.Fail(schemas.FailBomb, errors.New("ffmpeg ran out of memory"))
	case sandbox.EndProcessor:
		return 0, "", knowledge.Fail(schemas.FailTimeout, errors.New("ffmpeg ran out of processor time"))
	case sandbox.EndTimeout:
		return 0, "", knowledge.FailForNow(schemas.FailTimeout, errors.New("ffmpeg ran out of time"))
	}
	return 0, "", knowledge.Fail(schemas.FailInternal, errors.New("ffmpeg crashed"))
}

// streams are the tracks of a video.
type streams struct {
	sound     bool
	subtitles []track
	length    time.Duration
}

// track is a track of subtitles.
type track struct {
	// number is its place among all tracks.
	number   string
	language string
}

var (
	streamLine = regexp.MustCompile(`(?m)^\s*Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\((\w+)\))?: (Audio|Subtitle): (\w+)`)
	lengthLine = regexp.MustCompile(`(?m)^\s*Duration: (\d+):(\d\d):(\d\d)`)
)

// look asks for the tracks of the input.
func (f ffmpeg) look(ctx context.Context) (streams, error) {
	// Without an output ffmpeg says what it found, and then that there is none.
	_, said, err := f.run(ctx, input)
	if err != nil {
		return streams{}, err
	}
	var s streams
	known := strings.Contains(said, "Input #0")
	if !known {
		return s, knowledge.Fail(schemas.FailTruncated, errors.New("ffmpeg found no video"))
	}
	for _, m := range streamLine.FindAllStringSubmatch(said, -1) {
		switch {
		case m[3] == "Audio":
			s.sound = true
		case textual(m[4]):
			s.subtitles = append(s.subtitles, track{number: m[1], language: code(m[2])})
		}
	}
	if m := lengthLine.FindStringSubmatch(said); m != nil {
		s.length = hours(m[1], m[2], m[3])
	}
	return s, nil
}

// textual reports whether subtitles of a codec are text; others are pictures.
func textual(codec string) bool {
	switch codec {
	case "mov_text", "webvtt", "subrip", "srt", "ass", "ssa", "text":
		return true
	}
	return false
}

// code returns the code of two letters for one of three.
func code(tag string) string {
	base, err := language.ParseBase(tag)
	if err != nil {
		return ""
	}
	return base.String()
}

// track returns the subtitles in a language, else the first.
func (s streams) track(lang string) (track, bool) {
	for _, t := range s.subtitles {
		if lang != "" && t.language == lang {
			return t, true
		}
	}
	if len(s.subtitles) == 0 {
		return track{}, false
	}
	return s.subtitles[0], true
}

// sound takes the sound out of the input, in parts of a length.
func (f ffmpeg) sound(ctx context.Context, length time.Duration) ([][]byte, error) {
	code, _, err := f.run(ctx, input,
		"-vn", "-sn", "-dn", "-ac", "1", "-ar", "16000", "-c:a", "libopus", "-b:a", "24k",
		"-t", seconds(maxLength), "-fs", strconv.Itoa(maxSound), sound)
	if err != nil {
		return nil, err
	}
	if code != 0 {
		return nil, knowledge.Fail(schemas.FailTruncated, fmt.Errorf("ffmpeg ended with code %d", code))
	}
	code, _, err = f.run(ctx, sound, "-c", "copy", "-f", "segment", "-segment_time", seconds(length), part)
	if err != nil {
		return nil, err
	}
	names, _ := filepath.Glob(filepath.Join(f.dir, parts))
	if code != 0 || len(names) == 0 {
		return nil, knowledge.Fail(schemas.FailTruncated, fmt.Errorf("ffmpeg ended with code %d", code))
	}
	out := make([][]byte, 0, len(names))
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			return nil, knowledge.FailForNow(schemas.FailInternal, errors.New("a part of the sound could not be read"))
		}
		out = append(out, body)
	}
	return out, nil
}

// maxSubtitles is the largest file of subtitles read, in bytes.
const maxSubtitles = 8 << 20

// subtitles takes a track of subtitles out of the input.
func (f ffmpeg) subtitles(ctx context.Context, t track) ([]line, error) {
	code, _, err := f.run(ctx, input, "-map", "0:"+t.number, "-c:s", "srt", "-fs", strconv.Itoa(maxSubtitles), subtitle)
	if err != nil {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(f.dir, subtitle))
	if code != 0 || err != nil {
		return nil, knowledge.Fail(schemas.FailTruncated, fmt.Errorf("ffmpeg ended with code %d", code))
	}
	return parseSRT(string(body)), nil
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func hours(h, m, s string) time.Duration {
	total := time.Duration(0)
	for _, part := range []string{h, m, s} {
		n, _ := strconv.Atoi(part)
		total = total*60 + time.Duration(n)
	}
	return total * time.Second
}

var (
	srtTimes = regexp.MustCompile(`^(\d+):(\d\d):(\d\d)[,.]\d+ --> (\d+):(\d\d):(\d\d)[,.]\d+`)
	srtMarks = regexp.MustCompile(`<[^<>]*>|\{\\[^{}]*\}`)
)

// parseSRT reads subtitles. Lines that stay on the screen are said once.
func parseSRT(source string) []line {
	var out []line
	for _, block := range strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n\n") {
		rows := strings.Split(strings.TrimSpace(block), "\n")
		if len(rows) > 0 && !srtTimes.MatchString(rows[0]) {
			rows = rows[1:] // its number
		}
		if len(rows) < 2 {
			continue
		}
		m := srtTimes.FindStringSubmatch(rows[0])
		if m == nil {
			continue
		}
		text := strings.TrimSpace(srtMarks.ReplaceAllString(strings.Join(rows[1:], " "), ""))
		if text == "" || len(out) > 0 && out[len(out)-1].text == text {
			continue
		}
		out = append(out, line{from: hours(m[1], m[2], m[3]), to: hours(m[4], m[5], m[6]), text: text})
	}
	return out
}
