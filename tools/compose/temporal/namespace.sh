#!/bin/sh
# Makes the namespace and its search attributes when they are missing. It may run again; a second copy that is faster
# does no harm. Steward checks the attributes at every start as well.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${RETENTION:?}"

tries=0
until temporal operator cluster health >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "namespace: Temporal does not answer" >&2; exit 1; }
  sleep 1
done

known() { temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; }
if ! known; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION" || known
fi

# A namespace that is new is not known everywhere at once.
attribute() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -qw "$1" && return 0
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2" && return 0
    sleep 1
  done
  echo "namespace: search attribute $1 cannot be made" >&2
  return 1
}

for name in AgentID Channel ConversationState Owner HandoffReason AssignedTo CloseReason ConfigVersion; do
  attribute "$name" Keyword
done
attribute Turns Int
echo "namespace: ready"
