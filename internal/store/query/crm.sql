-- name: CRMProperties :many
select definition from crm_property_defs where object_type = sqlc.arg(object_type) order by name;

-- name: PutCRMProperty :exec
insert into crm_property_defs (object_type, name, definition, created_at)
values (sqlc.arg(object_type), sqlc.arg(name), sqlc.arg(definition), clock())
on conflict (object_type, name) do update set definition = excluded.definition;

-- name: CRMObject :one
select id, type, props, version, created_at, updated_at from crm_objects
where id = sqlc.arg(id) and type = sqlc.arg(type) and not archived;

-- name: LockCRMObject :one
select id, type, props, version, created_at, updated_at from crm_objects
where id = sqlc.arg(id) and type = sqlc.arg(type) and not archived
for update;

-- name: FindCRMObjects :many
-- Two are enough to know that a value names no single record.
select id, type, props, version, created_at, updated_at from crm_objects
where type = sqlc.arg(type) and not archived and props @> sqlc.arg(props)
order by created_at, id limit 2;

-- name: CRMObjectByUnique :one
select object_id from crm_unique
where type = sqlc.arg(type) and prop = sqlc.arg(prop) and value_norm = sqlc.arg(value_norm);

-- name: InsertCRMObject :one
insert into crm_objects (id, type, props, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(type), sqlc.arg(props), clock(), clock())
returning version, created_at, updated_at;

-- name: ChangeCRMObject :one
update crm_objects set props = sqlc.arg(props), version = version + 1, updated_at = clock()
where id = sqlc.arg(id)
returning version, updated_at;

-- name: DropCRMUnique :exec
delete from crm_unique where object_id = sqlc.arg(object_id) and prop = sqlc.arg(prop);

-- name: InsertCRMUnique :exec
insert into crm_unique (type, prop, value_norm, object_id)
values (sqlc.arg(type), sqlc.arg(prop), sqlc.arg(value_norm), sqlc.arg(object_id));

-- name: InsertCRMAssociation :exec
insert into crm_associations (from_id, to_id, kind, created_at)
values (sqlc.arg(from_id), sqlc.arg(to_id), sqlc.arg(kind), clock())
on conflict do nothing;

-- name: LinkedCRMObjects :many
select o.id, o.type, o.props, o.version, o.created_at, o.updated_at from crm_objects o
where o.type = sqlc.arg(type) and not o.archived and o.id in (
  select a.to_id from crm_associations a where a.from_id = sqlc.arg(id)
  union select b.from_id from crm_associations b where b.to_id = sqlc.arg(id))
order by o.created_at, o.id limit sqlc.arg(most)::int;

-- name: ClaimCRMWrite :execrows
-- Waits for another transaction with the same key and then claims nothing.
insert into crm_writes (key, system, operation, object_type, actor, conversation_id, at)
values (sqlc.arg(key), sqlc.arg(system), sqlc.arg(operation), sqlc.arg(object_type), sqlc.arg(actor), sqlc.narg(conversation_id), clock())
on conflict (key) do nothing;

-- name: FinishCRMWrite :exec
update crm_writes set record_id = sqlc.arg(record_id), before = sqlc.arg(before), after = sqlc.arg(after),
  version = sqlc.arg(version), created = sqlc.arg(created)
where key = sqlc.arg(key);

-- name: CRMWriteByKey :one
select system, operation, object_type, record_id, after, version, created from crm_writes where key = sqlc.arg(key);

-- name: ConversationIsPreview :one
select preview from conversations where id = sqlc.arg(id);

-- name: InsertCRMNote :exec
insert into crm_notes (id, object_id, text, write_key, created_at)
values (sqlc.arg(id), sqlc.arg(object_id), sqlc.arg(text), sqlc.arg(write_key), clock());

-- name: CRMWritesOfRecord :many
select key, operation, before, after, created, actor, conversation_id, at from crm_writes
where system = sqlc.arg(system) and object_type = sqlc.arg(object_type) and record_id = sqlc.arg(record_id)
order by at desc, key desc limit sqlc.arg(most)::int;

-- name: PutCRMLink :exec
insert into crm_links (contact_id, system, object_type, record_id, created_at)
values (sqlc.arg(contact_id), sqlc.arg(system), sqlc.arg(object_type), sqlc.arg(record_id), clock())
on conflict (contact_id, system) do update set object_type = excluded.object_type, record_id = excluded.record_id,
  created_at = excluded.created_at;

-- name: DropCRMLink :exec
delete from crm_links where contact_id = sqlc.arg(contact_id) and system = sqlc.arg(system);

-- name: CRMLinkOfContact :one
select object_type, record_id from crm_links where contact_id = sqlc.arg(contact_id) and system = sqlc.arg(system);

-- name: ContactsOfCRMRecord :many
select contact_id from crm_links
where system = sqlc.arg(system) and object_type = sqlc.arg(object_type) and record_id = sqlc.arg(record_id)
order by created_at, contact_id;
