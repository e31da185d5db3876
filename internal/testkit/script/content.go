package script

import (
	"strings"

	"steward/schemas"
)

// addContent stores the one passage that the search finds, so that whoever looks
// whether it is still there sees it.
func (w *world) addContent() {
	for _, statement := range []string{
		"insert into sources (id, agent_id, type, name, url, status, synced_at) select '" + one + "', id, 'url', 'Help', 'https://shop.example/help', 'ready', now() from agents limit 1",
		"insert into documents (id, source_id, key, title, url, text, fetched_at) values ('" + one + "', '" + one + "', 'help', 'Help', 'https://shop.example/help', '', now())",
		"insert into chunks (id, document_id, source_id, ord, text, language, terms, grams, hash) values ('" + one + "', '" + one + "', '" + one + "', 1, '', 'en', '', '', '')",
	} {
		_, err := w.db.Exec(w.ctx, statement)
		w.must(err)
	}
}

// one is the id of that passage, of its document and of its source.
const one = "00000000-0000-0000-0000-000000000001"

// contentGone removes the source of the passage, as an admin does.
func (w *world) contentGone() error {
	_, err := w.store.RemoveSources(w.ctx, []schemas.SourceID{schemas.SourceID(shown(schemas.PrefixSource))})
	return err
}

// shown is an id of the passage as the product shows it.
func shown(prefix string) string { return prefix + "_" + strings.ReplaceAll(one, "-", "") }
