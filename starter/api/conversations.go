package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"steward/internal/store"
	"steward/schemas"
)

// ConversationPath names a conversation in an address.
type ConversationPath struct {
	ID schemas.ConversationID `path:"id" maxLength:"64"`
}

type actingOn struct {
	ConversationPath
	Body schemas.Acting
}

func (a *API) conversations() {
	human := []int{404, 409}
	serve(a, route{
		method: http.MethodGet, path: "/conversations", id: "list-conversations",
		summary: "Conversations by their latest change, newest first",
	}, a.getConversations)
	serve(a, route{
		method: http.MethodGet, path: "/conversations/{id}", id: "get-conversation",
		summary: "One conversation with its turns and changes of owner", errors: []int{404},
	}, a.getConversation)
	a.traces()
	serve(a, route{
		method: http.MethodGet, path: "/conversations/{id}/messages", id: "list-messages",
		summary: "The transcript", errors: []int{404},
	}, a.getMessages)
	serve(a, route{
		method: http.MethodPost, path: "/conversations/{id}/messages", id: "reply",
		summary: "Write to the customer as a person; needs an Idempotency-Key", status: http.StatusCreated,
		errors: []int{400, 404, 409},
	}, a.reply)
	serve(a, route{
		method: http.MethodPost, path: "/conversations/{id}/takeover", id: "take-over",
		summary: "Take the conversation over from the agent or the queue", errors: human,
	}, a.takeOver)
	serve(a, route{
		method: http.MethodPost, path: "/conversations/{id}/return", id: "give-back",
		summary: "Give the conversation back to the agent", errors: human,
	}, a.giveBack)
	serve(a, route{
		method: http.MethodPost, path: "/conversations/{id}/close", id: "close",
		summary: "Close the conversation", errors: human,
	}, a.closeConversation)
}

type listConversations struct {
	Owner     schemas.Owner     `query:"owner" enum:"none,agent,queue,human"`
	Lifecycle schemas.Lifecycle `query:"lifecycle" enum:"open,waiting_customer,waiting_human,closed"`
	Limit     int               `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor    string            `query:"cursor" maxLength:"200"`
}

func (a *API) getConversations(ctx context.Context, in *listConversations) (*body[schemas.List[schemas.ConversationSummary]], error) {
	before, err := readPlace(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.o.Store.ListConversations(ctx, store.ConversationFilter{
		Owner: in.Owner, Lifecycle: in.Lifecycle, Before: before, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	page := schemas.List[schemas.ConversationSummary]{Items: found}
	if len(found) == in.Limit {
		last := found[len(found)-1]
		cursor := showPlace(store.ConversationPlace{UpdatedAt: last.UpdatedAt, ID: last.ID})
		page.NextCursor = &cursor
	}
	return answer(page, nil)
}

// showPlace is a place in the list as clients carry it.
func showPlace(p store.ConversationPlace) string {
	text := strconv.FormatInt(p.UpdatedAt.UnixMicro(), 10) + "/" + string(p.ID)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func readPlace(cursor string) (store.ConversationPlace, error) {
	if cursor == "" {
		return store.ConversationPlace{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	micros, id, found := strings.Cut(string(text), "/")
	n, bad := strconv.ParseInt(micros, 10, 64)
	if _, wrong := schemas.ParseID(schemas.PrefixConversation, id); err != nil || !found || bad != nil || wrong != nil {
		return store.ConversationPlace{}, schemas.NewError(schemas.KindInvalid, "the cursor is not one that this API gave out")
	}
	return store.ConversationPlace{UpdatedAt: time.UnixMicro(n).UTC(), ID: schemas.ConversationID(id)}, nil
}

func (a *API) getConversation(ctx context.Context, in *ConversationPath) (*body[schemas.ConversationShown], error) {
	summary, err := a.o.Store.ConversationSummary(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	turns, owners, err := a.o.Store.ConversationLog(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	workflow := schemas.ConversationWorkflowID(in.ID)
	return answer(schemas.ConversationShown{
		ConversationSummary: summary, WorkflowID: workflow, WorkflowURL: a.workflowURL(workflow), TurnLog: turns, Ownership: owners,
	}, nil)
}

type listMessages struct {
	ConversationPath
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"100"`
	Cursor int64 `query:"cursor" minimum:"0" doc:"A seq; messages after it are listed."`
}

func (a *API) getMessages(ctx context.Context, in *listMessages) (*body[schemas.List[schemas.MessageShown]], error) {
	if _, err := a.o.Store.ConversationSummary(ctx, in.ID); err != nil {
		return nil, err
	}
	items, more, err := a.o.Store.ConversationMessages(ctx, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	page := schemas.List[schemas.MessageShown]{Items: items}
	if more {
		if seq := items[len(items)-1].Seq; seq > 0 {
			cursor := strconv.FormatInt(seq, 10)
			page.NextCursor = &cursor
		}
	}
	return answer(page, nil)
}

type replyAnswer struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed"`
	Body     schemas.SentReply
}

func (a *API) reply(ctx context.Context, in *struct {
	ConversationPath
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Makes the reply once, however often it is posted. Required."`
	Body schemas.NewReply
},
) (*replyAnswer, error) {
	if strings.TrimSpace(in.Key) == "" {
		return nil, newProblem(http.StatusBadRequest, "The header Idempotency-Key is required here: send a new UUID with each reply.")
	}
	text, err := cleanReply(in.Body.Text)
	if err != nil {
		return nil, err
	}
	if stored, err := a.replayed(ctx, in.ID, in.Key, text); stored != nil || err != nil {
		return stored, err
	}
	user, err := a.acting(ctx, in.Body.As)
	if err != nil {
		return nil, err
	}
	id, err := a.o.Store.HumanReply(ctx, store.HumanReply{Conversation: in.ID, User: user, Text: text, Key: in.Key})
	if err != nil {
		return nil, err
	}
	if id == "" {
		// Another request with the same key was faster.
		return a.replayed(ctx, in.ID, in.Key, text)
	}
	a.wakeHandoff(ctx, in.ID)
	return &replyAnswer{Status: http.StatusCreated, Body: schemas.SentReply{ID: id}}, nil
}

// replayed answers a reply that was stored before under the same key.
func (a *API) replayed(ctx context.Context, id schemas.ConversationID, key, text string) (*replyAnswer, error) {
	message, stored, err := a.o.Store.StoredReply(ctx, id, key)
	if err != nil || message == "" {
		return nil, err
	}
	if stored != text {
		return nil, schemas.NewError(schemas.KindInvalid, "this Idempotency-Key was used for another text")
	}
	return &replyAnswer{Status: http.StatusCreated, Replayed: "true", Body: schemas.SentReply{ID: message}}, nil
}

func (a *API) takeOver(ctx context.Context, in *actingOn) (*body[schemas.ConversationSummary], error) {
	return a.asPerson(ctx, in, a.o.Store.TakeOver)
}

func (a *API) giveBack(ctx context.Context, in *actingOn) (*body[schemas.ConversationSummary], error) {
	return a.freeing(ctx, in, a.o.Store.GiveBack)
}

func (a *API) closeConversation(ctx context.Context, in *actingOn) (*body[schemas.ConversationSummary], error) {
	return a.freeing(ctx, in, a.o.Store.CloseByHuman)
}

// freeing runs a command after which a person may have room for another
// conversation.
func (a *API) freeing(ctx context.Context, in *actingOn, do func(context.Context, schemas.ConversationID, schemas.UserID) error) (*body[schemas.ConversationSummary], error) {
	out, err := a.asPerson(ctx, in, do)
	if err != nil {
		return nil, err
	}
	return out, a.wakeWaiting(ctx)
}

// asPerson runs a command of a person and returns the conversation after it.
// It works with every worker stopped. Settled: rule 15.
func (a *API) asPerson(ctx context.Context, in *actingOn, do func(context.Context, schemas.ConversationID, schemas.UserID) error) (*body[schemas.ConversationSummary], error) {
	before, err := a.o.Store.ConversationSummary(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	user, err := a.acting(ctx, in.Body.As)
	if err != nil {
		return nil, err
	}
	if err := do(ctx, in.ID, user); err != nil {
		return nil, err
	}
	a.wake(ctx, before.Handoff)
	return answer(a.o.Store.ConversationSummary(ctx, in.ID))
}

// wakeHandoff tells the conversation's handoff that something has changed.
func (a *API) wakeHandoff(ctx context.Context, id schemas.ConversationID) {
	if c, err := a.o.Store.ConversationSummary(ctx, id); err == nil {
		a.wake(ctx, c.Handoff)
	}
}

func (a *API) wake(ctx context.Context, id schemas.HandoffID) {
	if id == "" {
		return
	}
	a.later(ctx, "wake "+string(id), func(ctx context.Context) error { return a.o.Workflows.WakeHandoff(ctx, id) })
}

// waitingWoken bounds the handoffs that somebody's presence wakes at once; the
// others look for people by themselves within five minutes.
const waitingWoken = 100

// wakeWaiting tells the handoffs that wait for people that somebody's presence
// has changed.
func (a *API) wakeWaiting(ctx context.Context) error {
	waiting, err := a.o.Store.LiveHandoffs(ctx, waitingWoken)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		a.wake(ctx, id)
	}
	return nil
}

// acting finds the team member who acts, by name or id.
func (a *API) acting(ctx context.Context, who string) (schemas.UserID, error) {
	users, err := a.o.Store.ListUsers(ctx)
	if err != nil {
		return "", err
	}
	who = strings.TrimSpace(who)
	for _, u := range users {
		if u.Name == who || string(u.ID) == who {
			return u.ID, nil
		}
	}
	return "", schemas.NewError(schemas.KindInvalid, "as: there is no team member of this name or id")
}

// maxReply is the longest reply, in characters.
const maxReply = 4000

// cleanReply makes what a person wrote fit to be stored and sent.
func cleanReply(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	switch n := len([]rune(text)); {
	case n == 0:
		return "", schemas.NewError(schemas.KindInvalid, "text is empty")
	case n > maxReply:
		return "", schemas.NewError(schemas.KindTooLarge, "text is over 4000 characters")
	}
	return text, nil
}
