package store

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"steward/schemas"
)

// migrate brings the bundle's database to a version, up or down.
func (b adminBundle) migrate(t *testing.T, version int32) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	m, err := migrate.NewMigrator(t.Context(), conn, "public.schema_version")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.LoadMigrations(os.DirFS("../../schemas/postgres")); err != nil {
		t.Fatal(err)
	}
	if err := m.MigrateTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	// Prepared statements know the tables as they were.
	b.pool.Reset()
}

// oldSource stores a source as it was before content came from domains and
// articles, with a document of these lines.
func (b adminBundle) oldSource(t *testing.T, kind, name string, content []byte, status string, lines ...string) (schemas.SourceID, schemas.Document) {
	t.Helper()
	agent, err := parse(schemas.PrefixAgent, b.Agent, "agent")
	if err != nil {
		t.Fatal(err)
	}
	id := newID()
	src := show[schemas.SourceID](schemas.PrefixSource, id)
	var synced *time.Time
	if len(lines) > 0 {
		synced = &b.now
	}
	b.exec(t, `insert into sources (id, agent_id, type, name, url, file_name, content, question, answer, status, synced_at, created_at)
		values ($1, $2, $3, $4, case when $3 = 'url' then $4 else '' end, case when $3 = 'file' then $4 else '' end, $5, 'When?', 'Now.', $6, $7, $8)`,
		id, agent, kind, name, content, status, synced, b.now)
	doc := chunked(src, document(src, "a", lines...))
	if len(lines) == 0 {
		return src, doc
	}
	docID := plainUUID(t, schemas.PrefixDocument, string(doc.ID))
	b.exec(t, "insert into documents (id, source_id, key, title, url, language, text, fetched_at) values ($1, $2, 'a', $3, $4, 'en', $5, $6)",
		docID, id, doc.Title, doc.URL, doc.Text, b.now)
	for _, c := range doc.Chunks {
		b.exec(t, `insert into chunks (id, document_id, source_id, ord, headings, text, language, terms, grams, hash, indexed_at)
			values ($1, $2, $3, $4, $5, $6, $7, $6, $6, $8, $9)`,
			plainUUID(t, schemas.PrefixChunk, string(c.ID)), docID, id, c.Ord, c.Headings, c.Text, c.Language, c.Hash, b.now)
	}
	return src, doc
}

func plainUUID(t *testing.T, prefix, shown string) uuid.UUID {
	t.Helper()
	id, err := schemas.ParseID(prefix, shown)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestContentOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	b.migrate(t, 3)
	file, doc := b.oldSource(t, "file", "returns.md", []byte("# Returns\x00"), "ready", "refund", "parcel")
	broken, _ := b.oldSource(t, "file", "broken.pdf", []byte("%PDF"), "failed")
	page, _ := b.oldSource(t, "url", "https://shop.example/help", nil, "ready", "colour")
	short, _ := b.oldSource(t, "short_answer", "When?", nil, "queued")
	b.migrate(t, 4)

	want := b.added(schemas.Source{ID: file, Type: schemas.SourceFile, Name: "returns.md", Question: "When?", Answer: "Now.", Citations: true})
	got := b.getSource(t, file)
	want.File, want.Status, want.Documents, want.Chunks, want.SyncedAt = got.File, schemas.SourceReady, 1, 2, b.now
	want.UpdatedAt = got.UpdatedAt
	if diff := cmp.Diff(want, got); diff != "" || got.File == "" {
		t.Error(diff)
	}
	files, err := b.Files(t.Context(), b.Agent, "", 10)
	if err != nil || len(files) != 2 || files[0].Sources != 1 || files[1].Sources != 1 || files[0].Bytes+files[1].Bytes != len("# Returns\x00")+len("%PDF") {
		t.Errorf("files %+v, %v", files, err)
	}
	_, err = b.AddSource(t.Context(), b.Agent, schemas.NewSource{Type: schemas.SourceFile, FileName: "returns.md", Content: []byte("# Returns\x00")})
	wantDuplicate(t, err, file)
	if found := b.find(t, "refund", "colour"); len(found) != 2 || len(b.dueSchedules(t)) != 4 {
		t.Errorf("found %v", found)
	}
	if keys := b.unindexed(t, file); len(keys) != 0 {
		t.Errorf("content is indexed again: %v", keys)
	}

	// Its next run finds the same text: nothing is split or indexed again.
	run := b.begin(t, file)
	job, err := b.SyncJob(t.Context(), run)
	if err != nil || string(job.Content) != "# Returns\x00" || job.FileName != "returns.md" {
		t.Fatalf("job %+v, %v", job, err)
	}
	b.store(t, run, readPage(document(file, "a", "refund", "parcel")))
	b.split(t, run)
	if ids := b.index(t, run); len(ids) != 0 || len(b.removals(t)) != 0 {
		t.Errorf("indexed again %v", ids)
	}
	if end := b.end(t, run, schemas.SyncDone, ""); end.State != schemas.SyncDone {
		t.Errorf("end %+v", end)
	}
	b.store(t, b.begin(t, short), readPage(document(short, "b", "warranty")))

	// What the version before does not know goes on the way back.
	b.crawlSource(t, 10)
	b.articleSource(t, b.article(t, schemas.Article{Title: "Refunds", Body: "Yes."}).ID)
	b.exec(t, "update sources set status = 'needs_review' where id = $1", plainUUID(t, schemas.PrefixSource, string(page)))
	b.migrate(t, 3)
	var names, contents, states []string
	err = b.pool.QueryRow(t.Context(), `select array_agg(name order by created_at, id), array_agg(coalesce(encode(content, 'escape'), '') order by created_at, id),
		array_agg(status order by created_at, id) from sources`).Scan(&names, &contents, &states)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"returns.md", "broken.pdf", "https://shop.example/help", "When?"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`# Returns\000`, "%PDF", "", ""}, contents); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ready", "failed", "ready", "syncing"}, states); diff != "" {
		t.Error(diff)
	}
	var chunks int
	if err := b.pool.QueryRow(t.Context(), "select count(*) from chunks where document_id = $1", plainUUID(t, schemas.PrefixDocument, string(doc.ID))).Scan(&chunks); err != nil || chunks != 2 {
		t.Errorf("%d passages, %v", chunks, err)
	}
	b.migrate(t, 4)
	if s := b.getSource(t, broken); s.Status != schemas.SourceFailed || s.File == "" {
		t.Errorf("source %+v", s)
	}
}

// A database goes all the way down and up again.
func TestMigrationsGoBack(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	b.ready(t, src, document(src, "a", "refund"))
	b.migrate(t, 0)
	var left int
	if err := b.pool.QueryRow(t.Context(), "select count(*) from pg_tables where schemaname = 'public' and tablename <> 'schema_version'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables are left, %v", left, err)
	}
	b.migrate(t, 4)
	if _, err := b.Bootstrap(t.Context(), Bootstrap{}); err != nil {
		t.Fatal(err)
	}
}
