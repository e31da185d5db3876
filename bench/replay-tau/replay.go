package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"steward/bench/replay-tau/shop"
	"steward/bench/rig"
	"steward/schemas"
)

// performance is one way to replay a set of stories.
type performance struct {
	name    string
	stories []story
	actions []schemas.Action
	changes func(name string) bool
	// policy is the content of the agent.
	policy []byte
	// files are the shop's database for stories whose calls are answered by it.
	files *shop.Files
	// confirm: the agent asks before every write, and the customer says yes.
	confirm bool
	// kills are how often the worker is killed, by seed.
	kills    int
	seed     uint64
	parallel int
}

// figures are what came of a performance.
type figures struct {
	calls, wantCalls       int
	texts, wantTexts       int
	beside, wantBeside     int
	handoffs, wantHandoffs int
	states, wantStates     int
	readBacks, wantWrites  int
	repeats, unconfirmed   int
	refused, kills         int
	took                   time.Duration
	problems               []string
}

// replay runs all stories, some of them at the same time.
func (p performance) replay(ctx context.Context) (figures, error) {
	var out figures
	events := 0
	for _, s := range p.stories {
		texts, beside := s.texts()
		// A request for every step, and a call and its answer.
		events += len(texts) - beside + 3*len(s.calls())
	}
	k := newKiller(p.kills, events, p.seed)
	stage := newDirector(k.tick)
	tools := &api{tick: k.tick, changes: p.changes}
	if err := serve(tools); err != nil {
		return out, err
	}
	defer func() { _ = tools.server.Close() }()
	r, err := rig.Start(ctx, rig.Options{
		Model: stage.answer, Settings: profile(p.actions), Env: []string{"STEWARD_MODEL_TOOLS=true"},
		Source: &schemas.NewSource{Type: schemas.SourceFile, Name: "Policy", FileName: "policy.md", Content: p.policy, Citations: true},
	})
	if err != nil {
		return out, err
	}
	defer func() { _ = r.Close() }()
	if _, err := r.Store.PutConnection(ctx, reach(tools.url())); err != nil {
		return out, err
	}
	if p.files != nil {
		// Without confirmations this has to find every write unconfirmed.
		tools.confirmed = r.Store.RunConfirmed
	}
	k.rig = r
	killing, stop := context.WithCancel(ctx)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		k.run(killing)
	}()
	began := time.Now()
	err = p.playAll(ctx, r, stage, tools, &out)
	out.took = time.Since(began)
	stop()
	<-killed
	var killErr error
	out.kills, killErr = k.result()
	out.problems = slices.Concat(out.problems, stage.problems, tools.strays, r.Refused())
	return out, errors.Join(err, killErr)
}

// playAll plays the stories on so many lanes.
func (p performance) playAll(ctx context.Context, r *rig.Rig, stage *director, tools *api, out *figures) error {
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	lanes := make(chan struct{}, p.parallel)
	for _, s := range p.stories {
		lanes <- struct{}{}
		all.Go(func() {
			defer func() { <-lanes }()
			one, err := p.playOne(ctx, r, stage, tools, s)
			mu.Lock()
			defer mu.Unlock()
			out.add(one)
			failed = errors.Join(failed, err)
			fmt.Fprint(os.Stderr, ".")
		})
	}
	all.Wait()
	fmt.Fprintln(os.Stderr)
	return failed
}

// playOne plays a story and counts what came of it. What goes wrong in it is a
// problem of the story, not an error of the whole.
func (p performance) playOne(ctx context.Context, r *rig.Rig, stage *director, tools *api, s story) (figures, error) {
	out := wanted(s, p.changes)
	var answer func(call) (string, error)
	var db *shop.Shop
	if p.files != nil {
		var err error
		if db, err = p.files.Open(); err != nil {
			return out, err
		}
		answer = func(c call) (string, error) { return db.Call(c.Name, c.Arguments) }
	}
	book := newLedger(s, answer)
	c := &customer{rig: r, stage: stage, api: tools, story: s, book: book, confirm: p.confirm}
	if err := c.play(ctx); err != nil {
		out.problem(s, err.Error())
	}
	made, repeats, unconfirmed, problems := book.count()
	out.calls, out.repeats, out.unconfirmed, out.readBacks = made, repeats, unconfirmed, c.readBacks
	for _, text := range problems {
		out.problem(s, text)
	}
	if c.conversation != "" {
		v, err := c.judge(ctx)
		if err != nil {
			return out, err
		}
		out.count(s, v)
	}
	if db != nil {
		if err := out.compare(*p.files, db, s); err != nil {
			return out, err
		}
	}
	return out, nil
}

// wanted are the figures that a story has to reach.
func wanted(s story, changes func(string) bool) figures {
	texts, beside := s.texts()
	out := figures{wantCalls: len(s.calls()), wantTexts: len(texts) - beside, wantBeside: beside}
	if s.handsOff() {
		out.wantHandoffs = 1
	}
	for _, c := range s.calls() {
		if changes(c.Name) {
			out.wantWrites++
		}
	}
	return out
}

func (f *figures) problem(s story, text string) {
	f.problems = append(f.problems, s.id+": "+text)
}

// count adds what a judged conversation holds.
func (f *figures) count(s story, v verdict) {
	n := 0
	for _, t := range s.turns {
		for _, st := range t.steps {
			if st.text == "" {
				continue
			}
			if n++; n > v.texts {
				break
			}
			if st.call != nil {
				f.beside++
			} else {
				f.texts++
			}
		}
	}
	f.handoffs = v.handoffs
	for _, text := range v.problems {
		f.problem(s, text)
	}
}

// compare holds the database against the one of the gold actions alone.
func (f *figures) compare(files shop.Files, db *shop.Shop, s story) error {
	f.wantStates = 1
	gold, refused, err := goldState(files, s)
	if err != nil {
		return err
	}
	f.refused = refused
	got, err := db.Hash()
	if err != nil {
		return err
	}
	if got == gold {
		f.states = 1
	} else {
		f.problem(s, "the database is not as after the gold actions")
	}
	return nil
}

// add adds the figures of one story.
func (f *figures) add(o figures) {
	for _, pair := range [][2]*int{
		{&f.calls, &o.calls},
		{&f.wantCalls, &o.wantCalls},
		{&f.texts, &o.texts},
		{&f.wantTexts, &o.wantTexts},
		{&f.beside, &o.beside},
		{&f.wantBeside, &o.wantBeside},
		{&f.handoffs, &o.handoffs},
		{&f.wantHandoffs, &o.wantHandoffs},
		{&f.states, &o.states},
		{&f.wantStates, &o.wantStates},
		{&f.readBacks, &o.readBacks},
		{&f.wantWrites, &o.wantWrites},
		{&f.repeats, &o.repeats},
		{&f.unconfirmed, &o.unconfirmed},
		{&f.refused, &o.refused},
	} {
		*pair[0] += *pair[1]
	}
	f.problems = append(f.problems, o.problems...)
}
