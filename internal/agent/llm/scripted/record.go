package scripted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// maxRecorded bounds one recorded answer in bytes.
const maxRecorded = 8 << 20

// Exchange is one recorded call: one line of a recording, as JSON. It holds no
// credential and no address.
type Exchange struct {
	// Hash is that of the normalised request, by which it is found again.
	Hash string `json:"hash"`
	// Endpoint is the last part of the path.
	Endpoint string `json:"endpoint"`
	// Request is the body of the request, for people.
	Request json.RawMessage `json:"request"`
	Status  int             `json:"status"`
	// Header are the headers of the answer that a client reads.
	Header http.Header `json:"header,omitempty"`
	// Body is the answer.
	Body string `json:"body"`
}

// recordedHeaders are the headers of an answer that are kept; all others may
// name an account.
func recordedHeaders() []string {
	return []string{"Content-Type", "Retry-After", "Retry-After-Ms", "X-Should-Retry"}
}

// Recorder is a reverse proxy to a real endpoint that writes each call as a line
// of JSON. Clients use its address in place of the endpoint's. Credentials are
// passed on and never written: no header of a request is, and their values are
// taken out of bodies. Safe for concurrent use.
type Recorder struct {
	proxy *httputil.ReverseProxy

	mu  sync.Mutex
	out io.Writer
	err error
}

var _ http.Handler = (*Recorder)(nil)

// NewRecorder records the calls of target, the root of an API such as
// https://api.openai.com/v1/, to out. transport makes the calls, nil for
// http.DefaultTransport.
func NewRecorder(target string, out io.Writer, transport http.RoundTripper) (*Recorder, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("record: the target is not an http or https address")
	}
	r := &Recorder{out: out}
	root := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v1")
	r.proxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = u.Scheme, u.Host, u.Host
			p.Out.URL.Path, p.Out.URL.RawPath = root+p.In.URL.Path, ""
			// The transport then decompresses by itself, and the text is kept.
			p.Out.Header.Del("Accept-Encoding")
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			writeOpenAIError(w, http.StatusBadGateway, "not_recorded", "the endpoint could not be asked")
		},
	}
	return r, nil
}

// ServeHTTP passes one call on and records it.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, in.Body, maxRequest))
	if err != nil {
		writeOpenAIError(w, http.StatusBadRequest, "not_recorded", "the body cannot be read")
		return
	}
	// Two runs of a test may have different keys: the hash is that of the
	// redacted body.
	credentials := credentialsOf(in.Header)
	clean := redact(body, credentials)
	hash, err := requestHash(in.URL.Path, clean)
	if err != nil {
		writeOpenAIError(w, http.StatusBadRequest, "not_recorded", err.Error())
		return
	}
	proxy := *r.proxy
	proxy.ModifyResponse = func(res *http.Response) error {
		answer, err := io.ReadAll(io.LimitReader(res.Body, maxRecorded+1))
		if err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if err := res.Body.Close(); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if len(answer) > maxRecorded {
			return errors.New("the answer is too long to be recorded")
		}
		res.Body = io.NopCloser(bytes.NewReader(answer))
		r.write(Exchange{
			Hash: hash, Endpoint: endpoint(in.URL.Path), Request: clean, Status: res.StatusCode,
			Header: recordedHeader(res.Header), Body: string(redact(answer, credentials)),
		})
		return nil
	}
	in.Body = io.NopCloser(bytes.NewReader(body))
	proxy.ServeHTTP(w, in)
}

// Err is the first failure to write, nil for none. Read it before the recording
// is used.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *Recorder) write(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	encoder := json.NewEncoder(r.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil && r.err == nil {
		r.err = fmt.Errorf("write recording: %w", err)
	}
}

// credentialsOf are the values of the headers that prove who asks.
func credentialsOf(h http.Header) []string {
	var out []string
	for _, name := range []string{"Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "Cookie"} {
		for _, value := range h.Values(name) {
			out = append(out, value)
			if _, token, ok := strings.Cut(value, " "); ok {
				out = append(out, token)
			}
		}
	}
	return out
}

func recordedHeader(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range recordedHeaders() {
		if values := h.Values(name); len(values) > 0 {
			out[name] = values
		}
	}
	return out
}
