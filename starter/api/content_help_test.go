package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/internal/store"
	"steward/schemas"
)

// adds adds a source by a body of JSON.
func (s *site) adds(body string) schemas.Source {
	s.t.Helper()
	var source schemas.Source
	s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: body}).into(s.t, &source)
	return source
}

// get reads something of the API.
func get[T any](s *site, path string) T {
	s.t.Helper()
	var out T
	s.want(http.StatusOK, request{method: "GET", path: path}).into(s.t, &out)
	return out
}

// upload posts a file with the fields of its form.
func (s *site) upload(path, name string, content []byte, fields map[string]string) response {
	s.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	for field, value := range fields {
		if err == nil {
			err = w.WriteField(field, value)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.call(request{method: "POST", path: path, body: form.String(), headers: map[string]string{"Content-Type": w.FormDataContentType()}})
}

// run is a synchronisation of a source that a test does by hand, as a worker
// would.
type run struct {
	t     *testing.T
	store *store.Store
	schemas.SyncRef
}

// starts claims a source for a run.
func (s *site) starts(source schemas.SourceID) *run {
	s.t.Helper()
	r := &run{t: s.t, store: s.store, SyncRef: schemas.SyncRef{Source: source, Agent: s.place.Agent, Sync: schemas.SyncIDFor(uuid.NewString(), 0)}}
	got, err := s.store.PrepareSync(s.t.Context(), schemas.PrepareSyncInput{
		SyncRef: r.SyncRef, Trigger: schemas.TriggerManual, Workflow: schemas.SyncWorkflowID(source), Run: "run",
	})
	if err != nil || !got.Claimed {
		s.t.Fatalf("claim %s: %+v, %v", source, got, err)
	}
	return r
}

// reads stores the text of a page and cuts it into one passage.
func (r *run) reads(address, title, text string) schemas.DocumentID {
	r.t.Helper()
	sum := sha256.Sum256([]byte(title + text))
	doc := schemas.Document{
		ID: knowledge.DocumentID(r.Agent, r.Source, address), Key: address, Title: title, URL: address, Language: "en", Text: text,
	}
	stored, err := r.store.StorePage(r.t.Context(), r.SyncRef, schemas.PageRead{
		Key: address, URL: address, Outcome: schemas.PageNew, Status: 200, Document: &doc, TextHash: hex.EncodeToString(sum[:]),
	})
	if err != nil || stored.Outcome == schemas.PageSkipped {
		r.t.Fatalf("store %s: %+v, %v", address, stored, err)
	}
	unsplit, _, err := r.store.Unsplit(r.t.Context(), r.Source, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range unsplit {
		if err := r.store.StoreChunks(r.t.Context(), r.SyncRef, knowledge.SplitDocument(r.Agent, r.Source, d, nil)); err != nil {
			r.t.Fatal(err)
		}
	}
	return doc.ID
}

// misses stores that a page could not be read or was left out.
func (r *run) misses(address string, outcome schemas.PageOutcome, reason schemas.FailCode, status int) {
	r.t.Helper()
	_, err := r.store.StorePage(r.t.Context(), r.SyncRef, schemas.PageRead{Key: address, URL: address, Outcome: outcome, Reason: reason, Status: status})
	if err != nil {
		r.t.Fatal(err)
	}
}

// finds puts addresses that wait into the frontier.
func (r *run) finds(addresses ...string) {
	r.t.Helper()
	urls := make([]schemas.FrontierURL, 0, len(addresses))
	for _, a := range addresses {
		urls = append(urls, schemas.FrontierURL{Key: a, URL: a, Class: schemas.ClassLink, Depth: 1})
	}
	if n, err := (store.Frontier{Store: r.store}).Add(r.t.Context(), r.SyncRef, urls); err != nil || n != len(urls) {
		r.t.Fatalf("added %d of %d addresses: %v", n, len(urls), err)
	}
}

// ends ends the run in a state with the status of its source.
func (r *run) ends(end schemas.SyncEnd) {
	r.t.Helper()
	if err := r.store.EndSync(r.t.Context(), r.SyncRef, end); err != nil {
		r.t.Fatal(err)
	}
}

// ready ends the run well.
func (r *run) ready() {
	r.t.Helper()
	r.ends(schemas.SyncEnd{State: schemas.SyncDone, Status: schemas.SourceReady, Usable: true})
}

// called waits until the API has made a call after an answer.
func (s *site) called(what string) {
	s.t.Helper()
	s.api.Wait()
	if !s.workflows.saw(what) {
		s.t.Errorf("no call %q, but %q", what, s.workflows.all())
	}
}

// notCalled makes sure that the API has not made a call.
func (s *site) notCalled(what string) {
	s.t.Helper()
	s.api.Wait()
	if s.workflows.saw(what) {
		s.t.Errorf("call %q was made", what)
	}
}

func numbered(n int) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, fmt.Sprintf("https://example.com/p/%05d", i))
	}
	return out
}
