package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// requestTimeout is the time for one part: 20 minutes of sound take a small
	// service that long on a processor.
	requestTimeout = 10 * time.Minute
	// maxTranscript is the longest answer read, in bytes.
	maxTranscript = 8 << 20
	// tries is how often a part is sent before the whole video is put off: what
	// is transcribed already has been paid for.
	tries = 3
	// firstPause is before the second try and doubles; maxPause is the longest
	// that a service may ask for.
	firstPause = 2 * time.Second
	maxPause   = 30 * time.Second
	// A part of silence in which a model heard words: it is likely to have made
	// them up. The bounds are those of Whisper itself.
	silent, unsure = 0.6, -1.0
)

// Transcriber asks an endpoint like OpenAI's for what is said in a recording. It
// is safe for concurrent use.
type Transcriber struct {
	// BaseURL is the address of the service with its version path, such as
	// https://api.openai.com/v1.
	BaseURL string
	// APIKey may be empty for services that want none.
	APIKey string
	// Model is the name of the model.
	Model string
	// Client makes the requests; nil: one that waits ten minutes.
	Client *http.Client
}

// transcript is an answer of response_format verbose_json.
type transcript struct {
	Language string  `json:"language"`
	Duration float64 `json:"duration"`
	Text     string  `json:"text"`
	Segments []struct {
		Start    float64 `json:"start"`
		End      float64 `json:"end"`
		Text     string  `json:"text"`
		NoSpeech float64 `json:"no_speech_prob"`
		LogProb  float64 `json:"avg_logprob"`
	} `json:"segments"`
}

// all returns what is said in the parts of a recording, which are of one length
// but the last, and in which language.
func (t *Transcriber) all(ctx context.Context, parts [][]byte, length time.Duration, lang string) (lines []line, heard string, err error) {
	for i, sound := range parts {
		answer, err := t.part(ctx, sound, lang)
		if err != nil {
			return nil, "", err
		}
		if heard == "" {
			heard = named(answer.Language)
		}
		lines = append(lines, answer.lines(time.Duration(i)*length, length)...)
	}
	return lines, heard, nil
}

// lines returns what was said, with the times in the whole recording. A service
// that gives no times says all of it at once.
func (a transcript) lines(offset, length time.Duration) []line {
	at := func(seconds float64) time.Duration {
		// A time beyond the recording is made up.
		return offset + time.Duration(min(max(seconds, 0), length.Seconds())*float64(time.Second))
	}
	if len(a.Segments) == 0 {
		return []line{{from: offset, to: offset + length, text: a.Text}}
	}
	var out []line
	for _, s := range a.Segments {
		if s.NoSpeech > silent && s.LogProb < unsure {
			continue
		}
		out = append(out, line{from: at(s.Start), to: at(s.End), text: s.Text})
	}
	return out
}

// named returns the code of a language by its code or its English name.
func named(name string) string {
	if base, err := language.ParseBase(name); err == nil && len(base.String()) == 2 {
		return base.String()
	}
	switch strings.ToLower(name) {
	case "english":
		return "en"
	case "italian":
		return "it"
	case "swedish":
		return "sv"
	case "german":
		return "de"
	case "french":
		return "fr"
	case "spanish":
		return "es"
	case "portuguese":
		return "pt"
	case "dutch":
		return "nl"
	case "danish":
		return "da"
	case "norwegian":
		return "no"
	case "finnish":
		return "fi"
	}
	return ""
}

// part sends one part, again when the service is busy.
func (t *Transcriber) part(ctx context.Context, sound []byte, lang string) (transcript, error) {
	pause := firstPause
	for try := 1; ; try++ {
		answer, wait, err := t.send(ctx, sound, lang)
		_, again := knowledge.CodeOf(err)
		if err == nil || !again || try == tries || wait > maxPause {
			return answer, err
		}
		if wait < 0 {
			wait = pause
			pause *= 2
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return transcript{}, stopped(ctx)
		}
	}
}

// send makes one request. wait is how long the service asks to be left alone,
// below zero when it does not say.
func (t *Transcriber) send(ctx context.Context, sound []byte, lang string) (answer transcript, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := t.request(ctx, sound, lang)
	if err != nil {
		return answer, -1, knowledge.Fail(schemas.FailTranscription, err)
	}
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return answer, -1, unanswered(ctx)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxTranscript+1))
	switch status := response.StatusCode; {
	case err != nil:
		return answer, -1, unanswered(ctx)
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return answer, retryAfter(response.Header), knowledge.FailForNow(schemas.FailTranscription, fmt.Errorf("the service answered with status %d", status))
	case status != http.StatusOK:
		return answer, -1, knowledge.Fail(schemas.FailTranscription, fmt.Errorf("the service answered with status %d", status))
	case len(body) > maxTranscript:
		return answer, -1, knowledge.Fail(schemas.FailTranscription, errors.New("the service answered too much"))
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return transcript{}, -1, knowledge.Fail(schemas.FailTranscription, errors.New("the service did not answer with a transcript"))
	}
	return answer, 0, nil
}

// request is the form of OpenAI's audio transcriptions.
func (t *Transcriber) request(ctx context.Context, sound []byte, lang string) (*http.Request, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := [][2]string{{"model", t.Model}, {"response_format", "verbose_json"}, {"temperature", "0"}}
	if lang != "" {
		fields = append(fields, [2]string{"language", lang})
	}
	for _, field := range fields {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return nil, fmt.Errorf("write form: %w", err)
		}
	}
	file, err := form.CreateFormFile("file", "sound.ogg")
	if err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	if _, err := file.Write(sound); err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	if err := form.Close(); err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(t.BaseURL, "/")+"/audio/transcriptions", &body)
	if err != nil {
		return nil, errors.New("the address of the service cannot be used")
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	if t.APIKey != "" {
		request.Header.Set("Authorization", "Bearer "+t.APIKey)
	}
	return request, nil
}

// retryAfter reads how long to wait; below zero when the answer does not say.
// See RFC 9110, 10.2.3.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return -1
}

// unanswered hides what the client says about a failed request: it names the
// address.
func unanswered(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return knowledge.FailForNow(schemas.FailCancelled, ctx.Err())
	}
	return knowledge.FailForNow(schemas.FailTranscription, errors.New("the service did not answer"))
}

func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return knowledge.FailForNow(schemas.FailTimeout, ctx.Err())
	}
	return knowledge.FailForNow(schemas.FailCancelled, ctx.Err())
}
