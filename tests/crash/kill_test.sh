#!/usr/bin/env bash
# usage: kill_test.sh PYTHON BUILD. TALLYMAN_KILLS sets how many, TALLYMAN_SEED replays a run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$1" "$here/kill_test.py" "$2" --kills "${TALLYMAN_KILLS:-50}" ${TALLYMAN_SEED:+--seed "$TALLYMAN_SEED"}
