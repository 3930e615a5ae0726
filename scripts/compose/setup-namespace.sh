#!/bin/sh
# Creates the namespace with its search attributes. Run by the container temporal-namespace once the server is there;
# every step may be repeated. Needs the Temporal CLI, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and RETENTION.
set -eu

until temporal operator cluster health >/dev/null 2>&1; do sleep 1; done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# A new namespace is known to all parts of the server some seconds later.
until temporal operator search-attribute list >/dev/null 2>&1; do sleep 1; done

# The same as workflows/shared/search-attributes.ts, which test/compose.test.ts checks. One call each: given several
# names and one type, the CLI registers the first name only.
register() {
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}
register Recipe Keyword
register SourceEvent KeywordList
register PersonHash KeywordList
register EventKey KeywordList
register Outcome Keyword
register ParkReason Keyword
register FailureClass Keyword
register ParkedSince Datetime
register Environment Keyword
register SyncModel Keyword
register RowsFailed Int
