package script

import (
	"fmt"
	"strconv"
	"strings"

	"steward/internal/store"
	"steward/schemas"
)

// try starts a preview, writes in it, or edits the draft without publishing it.
func (w *world) try(l line) error {
	switch l.verb {
	case "tries":
		w.sent++
		_, err := w.store.PreviewMessage(w.ctx, w.preview, fmt.Sprintf("client-%d", w.sent), l.rest)
		return err
	case "edits":
		draft, revision, err := w.store.Draft(w.ctx, w.deploy.Agent)
		if err != nil {
			return err
		}
		for _, pair := range strings.Fields(l.rest) {
			if err := w.set(&draft, pair); err != nil {
				return err
			}
		}
		return w.store.SaveDraft(w.ctx, w.deploy.Agent, draft, revision)
	}
	n := store.NewPreview{Agent: w.deploy.Agent, Key: fmt.Sprintf("line-%d", l.number), NewPreview: schemas.NewPreview{}.Defaults()}
	fields := strings.Fields(l.rest)
	if l.verb == "preview version" {
		version, err := strconv.Atoi(fields[0])
		if err != nil {
			return err
		}
		n.Version, fields = version, fields[1:]
	}
	if len(fields) == 2 {
		n.Identity, n.Email = schemas.IdentityLevel(fields[0]), fields[1]
	}
	var err error
	w.preview, err = w.store.StartPreview(w.ctx, n)
	return err
}

// checkTried compares what the preview said last, or how it stands: "tried ~
// TEXT", "tried field=value …".
func (w *world) checkTried(l line) {
	if l.verb == "tried" {
		w.checkRow(l, w.previewFields())
		return
	}
	messages, _, err := w.store.ConversationMessages(w.ctx, w.preview, 0, 200)
	if err != nil || len(messages) == 0 {
		w.failf(l, "the preview has no messages: %v", err)
		return
	}
	last := messages[len(messages)-1]
	if last.Speaker == schemas.SpeakerCustomer || !strings.Contains(last.Text, l.rest) {
		w.failf(l, "the preview ends with the %s saying %q", last.Speaker, last.Text)
	}
}

func (w *world) previewFields() map[string]string {
	id, err := schemas.ParseID(schemas.PrefixConversation, string(w.preview))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.fields(`select 'lifecycle', c.lifecycle, 'owner', c.owner, 'reason', c.reason, 'close', c.close_reason, 'outcome', c.outcome,
		'parts', (select count(*)::text from outbound_parts p where p.conversation_id = c.id),
		'handoffs', (select count(*)::text from handoffs h where h.conversation_id = c.id),
		'asks', (select count(*)::text from gap_asks a where a.conversation_id = c.id),
		'tests', (select count(*)::text from action_runs r where r.conversation_id = c.id and r.test),
		'drafts', coalesce((select string_agg(t.draft::text, ',' order by t.turn) from turns t where t.conversation_id = c.id), ''),
		'versions', coalesce((select string_agg(t.config_version::text, ',' order by t.turn) from turns t where t.conversation_id = c.id), '')
		from conversations c where c.id = $1`, id)
}
