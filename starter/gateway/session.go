package gateway

import (
	"context"
	"net/http"

	"golang.org/x/text/language"

	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// The label under the agent's name. Settled: rule 31.
const (
	labelModel   = "Powered by AI"
	labelNoModel = "Automated assistant, no AI model"
)

// newSession is the body of POST /session.
type newSession struct {
	// Channel is the channel's public key.
	Channel string `json:"channel"`
	// Language is the BCP 47 tag of the visitor's page; one that cannot be read
	// is left out.
	Language string `json:"language,omitempty"`
	// Token of an earlier session is taken up again while it lives.
	Token string `json:"token,omitempty"`
}

// openedSession answers POST /session.
type openedSession struct {
	Token string     `json:"token"`
	Agent agentShown `json:"agent"`
	// Greeting is true for a new visitor whom the agent would answer now.
	Greeting   bool  `json:"greeting"`
	EmailKnown bool  `json:"email_known"`
	State      state `json:"state"`
}

type agentShown struct {
	Name string `json:"name"`
}

func (g *Gateway) postSession(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	var in newSession
	if err := httpkit.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	session, err := g.openSession(ctx, w, r, in)
	if err != nil {
		return err
	}
	name, err := g.o.Chats.AgentName(ctx, session.Agent)
	if err != nil {
		return err
	}
	known, err := g.o.Chats.EmailKnown(ctx, session)
	if err != nil {
		return err
	}
	// Only the state is wanted here; the page is fetched by its own call.
	t, err := g.o.Chats.Transcript(ctx, session, store.Cursor{}, 1)
	if err != nil {
		return err
	}
	shown := g.stateOf(ctx, session, t.Thread)
	httpkit.WriteJSON(w, http.StatusCreated, openedSession{
		Token: g.tokens.sign(session.ID), Agent: agentShown{Name: name},
		Greeting: t.Thread == nil && shown.Label != "", EmailKnown: known, State: shown,
	})
	return nil
}

// openSession takes up the session of a good token for the same channel, or
// opens a new one.
func (g *Gateway) openSession(ctx context.Context, w http.ResponseWriter, r *http.Request, in newSession) (store.ChatSession, error) {
	if id, err := g.tokens.read(in.Token); err == nil {
		session, err := g.o.Chats.Session(ctx, id, g.o.SessionTTL)
		if err == nil && session.ChannelKey == in.Channel {
			return session, nil
		}
		if err != nil && schemas.KindOf(err) != schemas.KindNotFound {
			return store.ChatSession{}, err
		}
	}
	if err := g.limits.session.take(w, g.o.ClientIP(r)); err != nil {
		return store.ChatSession{}, err
	}
	return g.o.Chats.OpenSession(ctx, in.Channel, primaryLanguage(in.Language), g.o.SessionTTL)
}

// primaryLanguage is the ISO 639 code of a BCP 47 tag, empty when it has none.
func primaryLanguage(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, confidence := t.Base()
	if confidence == language.No {
		return ""
	}
	return base.String()
}

// stateOf is where a thread stands as its customer sees it.
func (g *Gateway) stateOf(ctx context.Context, session store.ChatSession, t *store.Thread) state {
	s := state{Owner: schemas.OwnerNone}
	if t != nil {
		s = state{
			Conversation: t.Conversation, Lifecycle: t.Lifecycle, Owner: t.Owner, Human: t.Human, Rating: t.Rating,
		}
	}
	if g.agentAnswers(ctx, session, s.Owner) {
		s.Label = labelModel
		if g.o.NoModel {
			s.Label = labelNoModel
		}
	}
	return s
}

// agentAnswers reports whether the label is shown: a thread that the agent has
// keeps it, one that people have does not, and with no owner yet it is shown
// while the agent would answer. Spec: D15, S49. Settled: rule 31.
func (g *Gateway) agentAnswers(ctx context.Context, session store.ChatSession, owner schemas.Owner) bool {
	switch owner {
	case schemas.OwnerAgent:
		return true
	case schemas.OwnerQueue, schemas.OwnerHuman:
		return false
	}
	answers, err := g.o.Admission.Answers(ctx, session.Channel)
	if err != nil {
		// Without knowing, claim nothing.
		g.o.Log.WarnContext(ctx, "label left out: admission cannot be read", "channel", session.Channel, "error", err)
		return false
	}
	return answers
}

// sessionHandler serves a request of a known visitor.
type sessionHandler func(w http.ResponseWriter, r *http.Request, session store.ChatSession) error

// withSession finds the session of the token in the Authorization header.
func (g *Gateway) withSession(h sessionHandler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := httpkit.Bearer(r)
		if !ok {
			return errToken
		}
		id, err := g.tokens.read(token)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		session, err := g.o.Chats.Session(ctx, id, g.o.SessionTTL)
		if err != nil && schemas.KindOf(err) == schemas.KindNotFound {
			return &schemas.Error{Kind: schemas.KindUnauthorized, Message: "Unauthorized.", Cause: err}
		}
		if err != nil {
			return err
		}
		return h(w, r, session)
	}
}
