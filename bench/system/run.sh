#!/usr/bin/env bash
# The whole system as a user runs it: time to ready, idle memory, request -> visible in SQL. usage: run.sh BUILD_DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec python3 "$here/system.py" "$1"
