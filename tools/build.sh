#!/usr/bin/env bash
# build.sh NAME PACKAGE VARIABLE
#
# Builds bin/NAME from PACKAGE with the versions pinned in tools/NAME/go.mod. Nothing is built when the
# environment VARIABLE names a program, when bin/NAME is there for these versions, or when NAME is on the PATH.
set -euo pipefail

name=$1 package=$2 variable=$3
root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/bin/$name
stamp=$root/bin/.$name.version

if [ -n "${!variable:-}" ]; then
  [ -x "${!variable}" ] || { echo "tools: $variable names ${!variable}, which is no program" >&2; exit 1; }
  echo "tools: $name: using ${!variable} ($variable)"
  exit 0
fi
version=$(cat "$root/tools/$name/go.mod" "$root/tools/$name/go.sum" | cksum)
if [ -x "$target" ] && { [ ! -e "$stamp" ] || [ "$(cat "$stamp")" = "$version" ]; }; then
  echo "tools: $name: bin/$name is there"
  exit 0
fi
if [ ! -e "$target" ] && found=$(command -v "$name"); then
  echo "tools: $name: using $found (on the PATH)"
  exit 0
fi

cd "$root/tools/$name"
log=$(mktemp)
trap 'rm -f "$log" "$target.new"' EXIT
SECONDS=0
echo "tools: $name: fetching modules (the first time this takes a minute)"
# Listing what is compiled fetches just that, and not all that the module names.
if ! total=$(go list -deps "$package" 2>"$log" | wc -l); then
  cat "$log" >&2
  echo "tools: $name: modules cannot be fetched: check the network and GOPROXY" >&2
  exit 1
fi
echo "tools: $name: compiling $total packages (the first time this takes two to three minutes, later seconds)"
mkdir -p "$root/bin"
go build -v -trimpath -ldflags '-s -w' -o "$target.new" "$package" >"$log" 2>&1 &
build=$!
shown=0
while kill -0 "$build" 2>/dev/null; do
  sleep 1
  if [ $((SECONDS - shown)) -ge 15 ]; then
    shown=$SECONDS
    echo "tools: $name: $(wc -l <"$log") packages compiled after $SECONDS s, last $(tail -n 1 "$log")"
  fi
done
if ! wait "$build"; then
  tail -n 30 "$log" >&2
  echo "tools: $name: build failed" >&2
  exit 1
fi
mv "$target.new" "$target"
printf '%s\n' "$version" >"$stamp"
echo "tools: $name: bin/$name is built ($SECONDS s)"
