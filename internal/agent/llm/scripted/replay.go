package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Replayer answers with what a Recorder has written. A request is found by what
// it says, without dates, random marks and ids; requests that say the same get
// their answers in the recorded order. One that was not recorded, or not so
// often, is refused with status 400, which no client retries, and counted. Safe
// for concurrent use.
type Replayer struct {
	mu        sync.Mutex
	exchanges map[string][]Exchange
	misses    []string
}

var _ http.Handler = (*Replayer)(nil)

// NewReplayer reads a recording.
func NewReplayer(recording io.Reader) (*Replayer, error) {
	r := &Replayer{exchanges: map[string][]Exchange{}}
	decoder := json.NewDecoder(recording)
	for n := 1; ; n++ {
		var e Exchange
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil || e.Hash == "" || e.Status < 100 || e.Status > 599 {
			return nil, fmt.Errorf("read recording: entry %d is no exchange", n)
		}
		r.exchanges[e.Hash] = append(r.exchanges[e.Hash], e)
	}
}

// ServeHTTP answers one call.
func (r *Replayer) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, in.Body, maxRequest))
	if err != nil {
		r.miss(w, in, "the body cannot be read")
		return
	}
	hash, err := requestHash(in.URL.Path, redact(body, credentialsOf(in.Header)))
	if err != nil {
		r.miss(w, in, err.Error())
		return
	}
	e, reason := r.next(hash)
	if reason != "" {
		r.miss(w, in, reason)
		return
	}
	for name, values := range e.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(e.Status)
	// A caller that hangs up needs no answer.
	_, _ = io.WriteString(w, e.Body)
}

// next takes the next exchange of a hash, or says why there is none.
func (r *Replayer) next(hash string) (Exchange, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, known := r.exchanges[hash]
	switch {
	case !known:
		return Exchange{}, "request " + hash + " was not recorded: record again"
	case len(list) == 0:
		return Exchange{}, "request " + hash + " was asked more often than recorded"
	}
	r.exchanges[hash] = list[1:]
	return list[0], ""
}

// Misses are the reasons why calls were refused. A test checks that there are
// none.
func (r *Replayer) Misses() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.misses)
}

// Remaining counts the exchanges not yet asked for.
func (r *Replayer) Remaining() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, list := range r.exchanges {
		n += len(list)
	}
	return n
}

func (r *Replayer) miss(w http.ResponseWriter, in *http.Request, reason string) {
	r.mu.Lock()
	r.misses = append(r.misses, reason)
	r.mu.Unlock()
	fail := writeOpenAIError
	if endpoint(in.URL.Path) == "messages" {
		fail = writeAnthropicError
	}
	fail(w, http.StatusBadRequest, "not_recorded", reason)
}
