#!/bin/sh
# Creates or upgrades Temporal's two databases. Run by the container temporal-schema before the server starts; every
# step may be repeated. Needs temporal-sql-tool and its SQL_* variables.
# https://docs.temporal.io/self-hosted-guide/visibility#how-to-set-up-postgresql-visibility-store
set -eu

prepare() {
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "postgresql/v12/$2"
}

prepare temporal temporal
prepare temporal_visibility visibility
