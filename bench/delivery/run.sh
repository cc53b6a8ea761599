#!/usr/bin/env bash
# Capture log -> committed table beside DuckDB writing the same rows from a TSV file, in one run.
# usage: bench/delivery/run.sh BUILD_DIR [ROWS]   (CPU time is user + system; ours scans, checks, sorts, encodes,
# syncs and commits; DuckDB parses and encodes, and in its second line sorts too)
set -euo pipefail
build=${1:?usage: bench/delivery/run.sh BUILD_DIR [ROWS]}
rows=${2:-1000000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TALLYMAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tallyman}
python=$cache/readers-1/bin/python
folder=$(mktemp -d "${TMPDIR:-/tmp}/tallyman-bench-XXXXXX")
trap 'rm -rf "$folder"' EXIT

"$build/bench_delivery" columns >"$folder/columns"
# The machine is shared, so each is run three times, in turn; the least CPU time is the one least disturbed.
ours= peer=
for round in 1 2 3; do
    rm -rf "$folder/$round" && mkdir "$folder/$round"
    "$build/bench_delivery" generate "$folder/$round" "$rows"
    sync # what was generated is on disk before anything is measured, ours or the peer's
    ours+=$("$build/bench_delivery" deliver "$folder/$round")$'\n'
    peer+=$("$python" "$here/peer.py" "$folder/$round" "$folder/columns")$'\n'
    [ "$round" = 3 ] || rm -rf "${folder:?}/$round"
done
sorted=$("$python" "$here/peer.py" "$folder/3" "$folder/columns" --sorted)
"$python" - "$ours" "$peer" "$sorted" <<'PYTHON'
import json
import sys

names = ("capture log -> committed table", "DuckDB, TSV -> Parquet", "DuckDB, the same, sorted")
rounds = [[json.loads(line) for line in text.splitlines() if line] for text in sys.argv[1:]]
runs = [min(of, key=lambda run: run["cpu_us_per_row"]) for of in rounds]
print(f"{'':32}{'rows':>10}{'CPU-us/row':>12}{'peak MiB':>10}{'bytes/row':>11}{'seconds':>9}")
for name, run in zip(names, runs):
    print(f"{name:32}{run['rows']:>10}{run['cpu_us_per_row']:>12.2f}{run['peak_rss_mib']:>10.0f}"
          f"{run['bytes_per_row']:>11.1f}{run['seconds']:>9.2f}")
ours = runs[0]
print("CPU-us a row of each run: ours " + ", ".join(f"{run['cpu_us_per_row']:.2f}" for run in rounds[0]) +
      "; DuckDB " + ", ".join(f"{run['cpu_us_per_row']:.2f}" for run in rounds[1]))
print(f"CPU, ours to DuckDB: {ours['cpu_us_per_row'] / runs[1]['cpu_us_per_row']:.2f}"
      f" (sorted: {ours['cpu_us_per_row'] / runs[2]['cpu_us_per_row']:.2f});"
      f" bars: <= 4 CPU-us a row {'met' if ours['cpu_us_per_row'] <= 4 else 'MISSED'},"
      f" <= 256 MiB {'met' if ours['peak_rss_mib'] <= 256 else 'MISSED'}")
PYTHON
