package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"steward/activities"
	"steward/internal/agent"
	"steward/internal/agent/llm/scripted"
	"steward/internal/channels"
	"steward/internal/channels/livechat"
	"steward/internal/store"
	"steward/internal/temporalclient"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
	"steward/workflows"
)

// recording is a product on real servers, of which histories are taken.
type recording struct {
	t        *testing.T
	ctx      context.Context
	name     string
	store    *store.Store
	db       *pgxpool.Pool
	client   client.Client
	dispatch *dispatch.Client
	deploy   store.Deployment
	session  store.ChatSession
	said     int
}

func newRecording(t *testing.T, name string, steps ...scripted.Step) *recording {
	t.Helper()
	url, place := testkit.Database(t), testkit.Temporal(t)
	r := &recording{t: t, ctx: t.Context(), name: name, client: place.Client, dispatch: dispatch.New(place.Client)}
	var err error
	r.store, err = store.Open(r.ctx, url, store.Options{})
	r.must(err)
	t.Cleanup(r.store.Close)
	r.db, err = pgxpool.New(r.ctx, url)
	r.must(err)
	t.Cleanup(r.db.Close)
	attributes := map[string]enums.IndexedValueType{schemas.AttributeTurns: enums.INDEXED_VALUE_TYPE_INT}
	for _, a := range schemas.KeywordAttributes() {
		attributes[a] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	r.must(temporalclient.EnsureSearchAttributes(r.ctx, place.Client, place.Namespace, attributes))
	settings := schemas.DefaultSettings()
	chat := settings.Channels[schemas.ChannelLiveChat]
	chat.QuietMillis, chat.CapMillis = 300, 1000
	settings.Channels[schemas.ChannelLiveChat] = chat
	r.deploy, err = r.store.Bootstrap(r.ctx, store.Bootstrap{Settings: &settings})
	r.must(err)
	// Passages that are not there are left out of answers.
	for _, statement := range []string{
		`insert into sources (id, agent_id, type, name, status, synced_at)
			select '00000000-0000-0000-0000-000000000001', id, 'file', 'Returns', 'ready', now() from agents`,
		`insert into documents (id, source_id, key, title, text, fetched_at) select id, id, 'returns', 'Returns', '', now() from sources`,
		`insert into chunks (id, document_id, source_id, ord, text, language, terms, grams, hash) select id, id, id, 1, '', 'en', '', '', '' from sources`,
	} {
		_, err = r.db.Exec(r.ctx, statement)
		r.must(err)
	}
	r.session, err = r.store.OpenSession(r.ctx, r.deploy.PublicKey, "en", time.Hour)
	r.must(err)
	r.work(steps)
	r.must(r.dispatch.EnsureAgent(r.ctx, r.deploy.Agent))
	r.relay()
	return r
}

// work runs a worker with the real activities; the engine and the content are
// stand-ins.
func (r *recording) work(steps []scripted.Step) {
	model := scripted.NewModel("scripted")
	model.Push(steps...)
	for range 10 {
		model.Push(scripted.Answer(answerSaid+" [S1]", 1))
	}
	chats := map[schemas.ChannelKind]channels.Channel{schemas.ChannelLiveChat: livechat.New()}
	all := activities.All{
		Conversations: &activities.Conversations{
			Store: r.store, Turns: r.store, Outbox: r.store, Search: passages{}, Engine: &agent.Engine{Primary: model},
			Channels: chats, Handoffs: r.dispatch,
		},
		Handoffs: &activities.Handoffs{Store: r.store}, Agents: &activities.Agents{Store: r.store},
		Sweeps: &activities.Sweeps{Store: r.store, Channels: chats, Handoffs: r.dispatch},
		Evals:  &activities.Evals{Store: r.store},
	}
	r.content(&all)
	r.withActions(&all)
	for _, queue := range []string{schemas.QueueConversations, schemas.QueueModels, schemas.QueueKnowledge, schemas.QueuePreview} {
		runs := queue == schemas.QueueConversations || queue == schemas.QueuePreview
		w := worker.New(r.client, queue, worker.Options{DisableWorkflowWorker: !runs})
		if runs {
			workflows.Register(w)
		}
		activities.Register(w, all)
		r.must(w.Start())
		r.t.Cleanup(w.Stop)
	}
}

// relay delivers inbox rows until the test ends.
func (r *recording) relay() {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	r.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			rows, err := r.store.ClaimInbox(ctx, "recording", 10, time.Minute)
			for _, row := range rows {
				if _, err = r.dispatch.Receive(ctx, row.Conversation, row.Delivery, row.DedupeKey); err == nil {
					err = r.store.MarkRelayed(ctx, row.ID)
				} else {
					err = r.store.RetryInbox(ctx, row.ID, 100*time.Millisecond)
				}
			}
			if err != nil && ctx.Err() == nil {
				r.t.Errorf("relay: %v", err)
			}
		}
	}()
}

func (r *recording) say(text string) {
	r.t.Helper()
	r.said++
	_, err := r.store.Receive(r.ctx, r.session.Inbound(fmt.Sprint("said-", r.said), text))
	r.must(err)
}

func (r *recording) publish(change func(*schemas.ChannelSettings)) {
	r.t.Helper()
	r.change(func(s *schemas.Settings) {
		chat := s.For(schemas.ChannelLiveChat)
		change(&chat)
		s.Channels[schemas.ChannelLiveChat] = chat
	})
}

// change publishes other settings.
func (r *recording) change(change func(*schemas.Settings)) {
	r.t.Helper()
	settings, revision, err := r.store.Draft(r.ctx, r.deploy.Agent)
	r.must(err)
	change(&settings)
	r.must(r.store.SaveDraft(r.ctx, r.deploy.Agent, settings, revision))
	_, err = r.store.Publish(r.ctx, r.deploy.Agent, "", revision+1)
	r.must(err)
}

func (r *recording) conversation() schemas.ConversationID {
	r.t.Helper()
	var id [16]byte
	r.must(r.db.QueryRow(r.ctx, "select id from conversations order by created_at desc limit 1").Scan(&id))
	return schemas.ConversationID(schemas.FormatID(schemas.PrefixConversation, id))
}

func (r *recording) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// passages finds the passage that the model quotes.
type passages struct{}

func (passages) Find(context.Context, schemas.AgentID, string) ([]schemas.Passage, bool, error) {
	return []schemas.Passage{{
		Number: 1, Chunk: "chunk_00000000000000000000000000000001", Document: "doc_00000000000000000000000000000001",
		Source: "src_00000000000000000000000000000001", Title: "Returns", Text: answerSaid, Language: "en", Score: 1,
	}}, false, nil
}
