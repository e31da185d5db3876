package media

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/knowledge/files/sandbox"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program returns the path of ffmpeg, which makes the videos of these tests.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: apt-get install ffmpeg")
	}
	return path
}

// clip makes a video of a few seconds.
func clip(t *testing.T, name string, arguments ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	command := append([]string{"-nostdin", "-loglevel", "error", "-y"}, arguments...)
	if out, err := exec.CommandContext(t.Context(), program(t), append(command, path)...).CombinedOutput(); err != nil {
		t.Fatalf("make clip: %v: %s", err, out)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// tone is a picture with a sound.
func tone(t *testing.T, name string, length time.Duration) []byte {
	t.Helper()
	return clip(t, name, "-f", "lavfi", "-i", "testsrc=size=64x64:rate=25", "-f", "lavfi", "-i", "sine=frequency=440", "-t", seconds(length))
}

// subtitled is a picture with two tracks of subtitles.
func subtitled(t *testing.T, name, codec string) []byte {
	t.Helper()
	dir := t.TempDir()
	english, italian := filepath.Join(dir, "en.srt"), filepath.Join(dir, "it.srt")
	for path, text := range map[string]string{
		english: "1\n00:00:00,000 --> 00:00:01,000\n<i>Press the button.</i>\n\n2\n00:00:01,000 --> 00:00:02,000\nPress the button.\n\n3\n00:02:10,000 --> 00:02:12,000\nThen wait.\n\n4\n00:05:20,000 --> 00:05:22,000\nDone\nnow.\n",
		italian: "1\n00:00:00,000 --> 00:00:01,000\nPremi il pulsante.\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return clip(t, name, "-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=2", "-i", english, "-i", italian,
		"-map", "0:v", "-map", "1", "-map", "2", "-c:s", codec, "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ita")
}

func reader(t *testing.T, transcriber *Transcriber) Reader {
	t.Helper()
	return Reader{FFmpeg: program(t), Pool: sandbox.NewPool(t.TempDir(), 2), Transcriber: transcriber}
}

func TestAllContainersAreHeard(t *testing.T) {
	t.Parallel()
	for _, extension := range []string{".mp4", ".mpg", ".mpeg", ".avi", ".mov", ".webm"} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			service := newService(t, answer(200, verbose))
			got, err := reader(t, service.transcriber()).Read(t.Context(), knowledge.Page{
				Name: "clip" + extension, Language: "en", Body: tone(t, "clip"+extension, 2*time.Second),
			})
			if err != nil {
				t.Fatal(err)
			}
			want := knowledge.Text{
				Language: "en", Markdown: "## [00:00]\n\nPress the red button. Then wait.", Notes: []knowledge.Note{knowledge.NoteTranscribed},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			sent := service.requests()
			if len(sent) != 1 || !bytes.HasPrefix(sent[0].file, []byte("OggS")) {
				t.Fatalf("%d requests", len(sent))
			}
			fields := map[string]string{"model": "whisper-1", "response_format": "verbose_json", "temperature": "0", "language": "en"}
			if diff := cmp.Diff(fields, sent[0].fields); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if sent[0].path != "/v1/audio/transcriptions" || sent[0].authorization != "Bearer key" {
				t.Errorf("path %q, authorization %q", sent[0].path, sent[0].authorization)
			}
		})
	}
}

func TestLongSoundIsSentInPartsWithTheirTimes(t *testing.T) {
	t.Parallel()
	service := newService(t, answer(200, verbose), answer(200, `{"text":"No times here."}`), answer(200, verbose))
	r := reader(t, service.transcriber())
	r.part = 2 * time.Second
	got, err := r.Read(t.Context(), knowledge.Page{Name: "long.webm", Body: tone(t, "long.webm", 5*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if want := "## [00:00]\n\nPress the red button. Then wait. No times here. Press the red button. Then wait."; got.Markdown != want || got.Language != "en" {
		t.Errorf("language %q, text %q", got.Language, got.Markdown)
	}
	if n := len(service.requests()); n != 3 {
		t.Errorf("%d parts", n)
	}
	var lines []line
	for i, body := range []string{verbose, `{"text":"No times here."}`, verbose} {
		var a transcript
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, a.lines(time.Duration(i)*partLength, partLength)...)
	}
	want := "## [00:00]\n\nPress the red button. Then wait. No times here.\n\n## [40:00]\n\nPress the red button. Then wait."
	if got := written(lines); got != want {
		t.Errorf("text %q", got)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for want, at := range map[string]time.Duration{
		"00:00": 0, "02:05": 125 * time.Second, "59:59": 3599 * time.Second, "1:00:00": time.Hour, "12:03:09": 12*time.Hour + 189*time.Second,
	} {
		if got := clock(at); got != want {
			t.Errorf("%v is %s, want %s", at, got, want)
		}
	}
}

func TestSubtitlesAreReadWithoutAService(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, codec, lang, want string }{
		{"clip.mp4", "mov_text", "", "## [00:00]\n\nPress the button. Then wait.\n\n## [05:20]\n\nDone now."},
		{"clip.mov", "mov_text", "it", "## [00:00]\n\nPremi il pulsante."},
		{"clip.webm", "webvtt", "it", "## [00:00]\n\nPremi il pulsante."},
		{"clip.mp4", "mov_text", "sv", "## [00:00]\n\nPress the button. Then wait.\n\n## [05:20]\n\nDone now."},
	} {
		t.Run(tt.name+tt.lang, func(t *testing.T) {
			t.Parallel()
			got, err := reader(t, nil).Read(t.Context(), knowledge.Page{Name: tt.name, Language: tt.lang, Body: subtitled(t, tt.name, tt.codec)})
			if err != nil {
				t.Fatal(err)
			}
			if got.Markdown != tt.want || len(got.Notes) > 0 {
				t.Errorf("notes %v, text %q", got.Notes, got.Markdown)
			}
		})
	}
}

func TestVideosWithoutTextHaveAReason(t *testing.T) {
	t.Parallel()
	silent := clip(t, "silent.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=25", "-t", "1")
	spoken := tone(t, "spoken.mp4", time.Second)
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
	for _, tt := range []struct {
		name string
		read Reader
		body []byte
		want schemas.FailCode
	}{
		{"no service", reader(t, nil), spoken, schemas.FailNeedsTranscription},
		{"no ffmpeg", Reader{Pool: sandbox.NewPool(t.TempDir(), 1)}, spoken, schemas.FailNeedsTranscription},
		{"no sound", reader(t, newService(t).transcriber()), silent, schemas.FailNoText},
		{"no sound and no service", reader(t, nil), silent, schemas.FailNoText},
		{"nothing said", reader(t, newService(t, answer(200, `{"text":" ","segments":[{"start":0,"end":1,"text":"Thanks for watching!","no_speech_prob":0.9,"avg_logprob":-1.5}]}`)).transcriber()), spoken, schemas.FailNoText},
		{"truncated", reader(t, nil), spoken[:len(spoken)/2], schemas.FailTruncated},
		{"a few bytes", reader(t, nil), spoken[:40], schemas.FailTruncated},
		{"noise", reader(t, nil), bytes.Repeat([]byte{0, 7, 255, 3}, 5000), schemas.FailTruncated},
		{"playlist", reader(t, nil), []byte(playlist), schemas.FailUnsupportedType},
		{"concatenation", reader(t, nil), []byte("ffconcat version 1.0\nfile /etc/hostname\n"), schemas.FailUnsupportedType},
		{"document", reader(t, nil), []byte("%PDF-1.4\n"), schemas.FailUnsupportedType},
		{"page", reader(t, nil), []byte("<html><body>Not found"), schemas.FailUnsupportedType},
		{"empty", reader(t, nil), nil, schemas.FailNoText},
		{"too large", reader(t, nil), make([]byte, schemas.MaxSourceBytes+1), schemas.FailTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := tt.read.Read(t.Context(), knowledge.Page{Name: "clip.mp4", Body: tt.body})
			if code, again := knowledge.CodeOf(err); code != tt.want || again {
				t.Errorf("code %q, again %v: %v, text %q", code, again, err, text.Markdown)
			}
		})
	}
}

// Whatever the input looks like, ffmpeg may take it only for the kinds of file
// that name no others.
func TestPlaylistIsNotFollowed(t *testing.T) {
	t.Parallel()
	secret := tone(t, "secret.mp4", time.Second)
	for _, body := range []string{
		"ffconcat version 1.0\nfile secret.mp4\n",
		"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n",
	} {
		f := ffmpeg{path: program(t), dir: t.TempDir(), timeout: time.Minute}
		for name, content := range map[string][]byte{"secret.mp4": secret, input: []byte(body)} {
			if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if found, err := f.look(t.Context()); err == nil {
			t.Errorf("ffmpeg followed %q: %+v", body, found)
		}
	}
}

func TestStoppedReading(t *testing.T) {
	t.Parallel()
	r := reader(t, nil)
	body := tone(t, "a.mp4", time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Read(ctx, knowledge.Page{Name: "a.mp4", Body: body})
	if code, again := knowledge.CodeOf(err); code != schemas.FailCancelled || !again {
		t.Errorf("code %q, again %v", code, again)
	}
	r.Timeout = time.Nanosecond
	_, err = r.Read(t.Context(), knowledge.Page{Name: "a.mp4", Body: body})
	if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again {
		t.Errorf("code %q, again %v: %v", code, again, err)
	}
}

func TestSectionsEndWithSentences(t *testing.T) {
	t.Parallel()
	var lines []line
	for i := range 60 {
		text := fmt.Sprintf("part %d,", i)
		if i%7 == 6 {
			text = fmt.Sprintf("part %d.", i)
		}
		lines = append(lines, line{from: time.Duration(i) * 10 * time.Second, to: time.Duration(i+1) * 10 * time.Second, text: text})
	}
	got := written(lines)
	sections := strings.Split(got, "## ")[1:]
	want := []string{"[00:00]", "[02:20]", "[04:40]", "[07:00]", "[09:20]"}
	for i, section := range sections {
		head, text, _ := strings.Cut(section, "\n\n")
		if i >= len(want) || head != want[i] {
			t.Errorf("section %d begins at %s", i, head)
		}
		if i < len(sections)-1 && !strings.HasSuffix(strings.TrimSpace(text), ".") {
			t.Errorf("section %s ends with %q", head, text[max(0, len(text)-20):])
		}
	}
	if len(sections) != len(want) {
		t.Errorf("%d sections", len(sections))
	}
}
