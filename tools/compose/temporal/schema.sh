#!/bin/sh
# Brings Temporal's two databases to the version of this image. It may run again: setup-schema leaves a schema that is
# there alone, update-schema applies what is missing. The password is in SQL_PASSWORD, which the tool reads itself.
set -eu

: "${POSTGRES_SEEDS:?}" "${DB_PORT:?}" "${POSTGRES_USER:?}" "${SQL_PASSWORD:?}"

schema() {
  database=$1 folder=$2
  set -- temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database"
  "$@" setup-schema -v 0.0
  "$@" update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
echo "schema: ready"
