#!/usr/bin/env bash
# Builds every fuzz target with clang's libFuzzer and runs each for SECONDS_EACH (60). Finds are kept in fuzz/found/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
out=$root/build/fuzz
mkdir -p "$out" "$here/found"
[ -w /dev/shm ] && export TMPDIR=/dev/shm  # targets write files
for source in "$here"/*/*_fuzz.cpp; do
    name=$(basename "$source" .cpp)
    needs=$(sed -n 's|^// sources: ||p' "$source")
    (cd "$root" && clang++-14 -std=c++20 -g -O1 -DNDEBUG -fsanitize=fuzzer,address,undefined -Isrc "$source" $needs \
        $(sed -n 's|^// links: ||p' "$source") -o "$out/$name")
    echo "== $name"
    mkdir -p "$here/corpus/$name"
    "$out/$name" -max_total_time="${SECONDS_EACH:-60}" -print_final_stats=1 -artifact_prefix="$here/found/" \
        "$here/corpus/$name" 2>&1 | tail -n 5
done
