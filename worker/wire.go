package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"steward/activities"
	"steward/internal/channels"
	"steward/internal/channels/livechat"
	"steward/internal/config"
	"steward/internal/customers"
	"steward/internal/desks"
	"steward/internal/fault"
	"steward/internal/language"
	"steward/internal/mail"
	"steward/internal/retrieval"
	"steward/internal/store"
	"steward/internal/temporalclient"
	"steward/schemas"
	"steward/starter/dispatch"
	"steward/workflows"
)

// site is the address in the user agent with which pages are read.
const site = "https://github.com/steward/steward"

// Options are what a worker needs.
type Options struct {
	Config  config.Config
	Log     *slog.Logger
	Version string
	// Temporal overrides the connection's settings, for tests.
	Temporal temporalclient.Options
}

// Main is a worker process with everything it has opened.
type Main struct {
	o        Options
	store    *store.Store
	temporal client.Client
	search   *retrieval.Search
	content  *content
	workers  []worker.Worker
	failed   chan error
}

// New connects to Postgres and Temporal and wires the activities. It waits for
// Temporal until ctx ends; Weaviate may be down.
func New(ctx context.Context, o Options) (*Main, error) {
	m := &Main{o: o, failed: make(chan error, 4)}
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Main) open(ctx context.Context) error {
	cfg := m.o.Config
	faults, err := fault.Parse(os.Getenv(fault.Env), cfg.Dev)
	if err != nil {
		return err
	}
	if m.store, err = store.Open(ctx, cfg.DatabaseURL.Reveal(), store.Options{MaxConns: cfg.WorkerPoolSize}); err != nil {
		return err
	}
	if m.search, err = retrieval.New(cfg, m.store); err != nil {
		return err
	}
	engine, err := newEngine(cfg)
	if err != nil {
		return err
	}
	if m.temporal, err = m.connect(ctx); err != nil {
		return err
	}
	if m.content, err = m.newContent(); err != nil {
		return err
	}
	all, err := m.activities(engine, faults)
	if err != nil {
		return err
	}
	worker.SetStickyWorkflowCacheSize(cfg.StickyCacheSize)
	for _, queue := range []string{schemas.QueueConversations, schemas.QueueModels, schemas.QueueKnowledge, schemas.QueuePreview} {
		w := worker.New(m.temporal, queue, m.options(queue))
		if runsWorkflows(queue) {
			workflows.Register(w)
		}
		activities.Register(w, all)
		m.workers = append(m.workers, w)
	}
	return nil
}

// connectPause is the wait between two tries to reach Temporal at the start.
const connectPause = time.Second

func (m *Main) connect(ctx context.Context) (client.Client, error) {
	for {
		c, err := temporalclient.Dial(ctx, m.o.Log, m.o.Temporal)
		if err == nil {
			return c, nil
		}
		m.o.Log.Warn("Temporal does not answer; trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(connectPause):
		}
	}
}

func (m *Main) activities(writer activities.Writer, faults *fault.Points) (activities.All, error) {
	chats := map[schemas.ChannelKind]channels.Channel{schemas.ChannelLiveChat: livechat.New()}
	cfg, d := m.o.Config, dispatch.New(m.temporal)
	desk, err := customers.Open(cfg, m.store, m.o.Version)
	if err != nil {
		return activities.All{}, err
	}
	known, err := secrets(cfg, m.store, m.o.Log)
	if err != nil {
		return activities.All{}, err
	}
	codes := activities.Codes{Store: m.store}
	if codes.Mail, codes.From, err = mail.Open(cfg.SMTPURL.Reveal(), cfg.MailFrom, cfg.MailFolder(), m.o.Log); err != nil {
		return activities.All{}, err
	}
	calls := callers(known, m.o.Version, desk)
	destinations := desks.New(desks.Options{Mailer: codes.Mail, Secrets: known})
	all := activities.All{
		Conversations: &activities.Conversations{
			Store: m.store, Turns: m.store, Outbox: m.store, Engine: writer, Channels: chats, Handoffs: d,
			Search: m.search.Retriever(), Runs: m.store, Goals: m.store, Callers: calls, CallbackBase: reports(cfg),
			Customers: desk, CustomerStore: m.store, Codes: codes, Fault: faults,
		},
		Handoffs: &activities.Handoffs{Store: m.store, Desks: destinations, Search: m.search.Retriever(), Engine: writer, Fault: faults},
		Agents:   &activities.Agents{Store: m.store, Fault: faults},
		Evals:    &activities.Evals{Store: m.store},
		Sweeps: &activities.Sweeps{
			Store: m.store, Channels: chats, Handoffs: d, Gaps: &activities.Gaps{Store: m.store, Near: language.Similarity, Mail: codes.Mail, From: codes.From, MailHost: hostOf(codes.From)},
		},
	}
	return all, m.contentActivities(&all, d, faults)
}

// runsWorkflows reports whether a queue has workflows, and not only activities.
func runsWorkflows(queue string) bool {
	return queue == schemas.QueueConversations || queue == schemas.QueuePreview
}

// heartbeatPause is the longest time that a heartbeat is held back: a
// cancellation reaches a model call with its heartbeats.
const heartbeatPause = 800 * time.Millisecond

func (m *Main) options(queue string) worker.Options {
	cfg := m.o.Config
	return worker.Options{
		MaxConcurrentWorkflowTaskPollers:        cfg.WorkerPollers,
		MaxConcurrentActivityTaskPollers:        cfg.WorkerPollers,
		MaxConcurrentActivityExecutionSize:      cfg.WorkerMaxActivities,
		MaxConcurrentLocalActivityExecutionSize: cfg.WorkerMaxActivities,
		MaxHeartbeatThrottleInterval:            heartbeatPause,
		DefaultHeartbeatThrottleInterval:        heartbeatPause,
		WorkerStopTimeout:                       cfg.StopTimeout,
		DisableWorkflowWorker:                   !runsWorkflows(queue),
		OnFatalError: func(err error) {
			select {
			case m.failed <- fmt.Errorf("worker of queue %s: %w", queue, err):
			default:
			}
		},
	}
}

// Run takes work until ctx ends, then lets what runs finish, at most the
// configured time.
func (m *Main) Run(ctx context.Context) error {
	for i, w := range m.workers {
		if err := w.Start(); err != nil {
			m.stop(m.workers[:i])
			return fmt.Errorf("start worker: %w", err)
		}
	}
	m.o.Log.Info("worker takes work", "engine", m.o.Config.Engine, "version", m.o.Version)
	prepared := make(chan struct{})
	go func() {
		defer close(prepared)
		m.prepareIndex(ctx)
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-m.failed:
	}
	m.o.Log.Info("worker stops")
	m.stop(m.workers)
	if err == nil {
		<-prepared
	}
	return err
}

// stop stops all workers at the same time.
func (m *Main) stop(workers []worker.Worker) {
	stopped := make(chan struct{}, len(workers))
	for _, w := range workers {
		go func() {
			w.Stop()
			stopped <- struct{}{}
		}()
	}
	for range workers {
		<-stopped
	}
}

// prepareIndex makes the index's collection, once Weaviate answers. Until then
// the database's text search answers.
func (m *Main) prepareIndex(ctx context.Context) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := m.search.Index.Prepare(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		m.o.Log.Warn("index not ready; the database answers searches", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Close gives back what New has opened.
func (m *Main) Close() {
	m.content.close()
	if m.temporal != nil {
		m.temporal.Close()
	}
	if m.store != nil {
		m.store.Close()
	}
}
