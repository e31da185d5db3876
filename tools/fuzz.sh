#!/usr/bin/env bash
# Runs every fuzz target of the module for a time each: tools/fuzz.sh 1m
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-1m}
targets=0
while IFS=: read -r file line; do
  name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/' <<<"$line")
  package=./$(dirname "$file")
  echo "fuzz: $package $name for $time"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package"
  targets=$((targets + 1))
done < <(grep -rE --include='*_test.go' '^func Fuzz' internal starter schemas | sort)
echo "fuzz: $targets targets, nothing found"
