#!/usr/bin/env bash
# setup.sh checks what `make run` and `make test` need beyond Go, and installs it where it may.
set -euo pipefail

go_version=$(go env GOVERSION 2>/dev/null) || { echo "setup: Go is missing: install Go 1.26 (https://go.dev/dl/)" >&2; exit 1; }

have_postgres() {
  if [ -n "${STEWARD_POSTGRES_BIN:-}" ]; then
    [ -x "$STEWARD_POSTGRES_BIN/postgres" ] && [ -x "$STEWARD_POSTGRES_BIN/initdb" ] && return 0
    echo "setup: STEWARD_POSTGRES_BIN names $STEWARD_POSTGRES_BIN, which has no postgres and initdb" >&2
    exit 1
  fi
  command -v postgres >/dev/null && command -v initdb >/dev/null && return 0
  local dir
  for dir in /usr/lib/postgresql/*/bin; do
    [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && return 0
  done
  return 1
}

if ! have_postgres; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup: Postgres is missing: run 'apt-get install postgresql' as root, or set STEWARD_POSTGRES_BIN to the folder of its programs" >&2
    exit 1
  fi
  echo "setup: Postgres is missing, installing it with apt-get"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # Only the programs are needed. The package would start a server of its own unless it is told not to.
  apt-get install -q -y --no-install-recommends postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  [ ! -e "$conf" ] || sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' "$conf"
  apt-get install -q -y --no-install-recommends postgresql
  have_postgres || { echo "setup: Postgres is installed, and its programs are not found in /usr/lib/postgresql" >&2; exit 1; }
fi
if ! command -v pdftotext >/dev/null; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "setup: pdftotext is missing, installing it with apt-get"
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends poppler-utils ||
      echo "setup: pdftotext could not be installed; PDF files are read by a simpler reader" >&2
  else
    echo "setup: pdftotext is missing (package poppler-utils); PDF files are read by a simpler reader"
  fi
fi
echo "setup: $go_version and Postgres are there"
