#!/usr/bin/env bash
# All static checks, quick ones first. usage: tools/lint.sh BUILD_DIR
set -uo pipefail
build=${1:?usage: tools/lint.sh BUILD_DIR}
failed=0
step() { printf '== %s\n' "$1"; shift; "$@" || failed=1; }

format() { git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run --Werror; }
tidy() {
    git ls-files 'src/*.cpp' | grep -v '^src/edge/module/' |
        xargs -P "$(nproc)" -n 1 clang-tidy-14 -p "$build" --quiet 2>/dev/null
}

step 'layers' python3 tools/check_layers.py tools/layers.txt src
step 'repository rules' python3 tools/tidy.py .
step 'clang-format' format
step 'clang-tidy' tidy
exit $failed
