#!/bin/sh
# Makes one role and its databases for Temporal and one for Steward. The Postgres image runs it once, on an empty
# volume. psql quotes the passwords, so any characters are safe here.
set -eu

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=temporal_password="$TEMPORAL_DB_PASSWORD" --set=steward_password="$STEWARD_DB_PASSWORD" <<'SQL'
create role temporal login password :'temporal_password';
create role steward login password :'steward_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
create database steward owner steward;
SQL
