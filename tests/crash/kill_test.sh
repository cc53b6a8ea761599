#!/usr/bin/env bash
# usage: kill_test.sh PYTHON BUILD. TALLYMAN_KILLS sets how many of each process, TALLYMAN_SEED replays a run, TALLYMAN_RESULT names a file for the sums.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$1" "$here/kill_test.py" "$2" --kills "${TALLYMAN_KILLS:-15}" ${TALLYMAN_SEED:+--seed "$TALLYMAN_SEED"} ${TALLYMAN_RESULT:+--result "$TALLYMAN_RESULT"}
