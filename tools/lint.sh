#!/usr/bin/env bash
# All static checks, quick ones first. usage: tools/lint.sh BUILD_DIR
set -uo pipefail
build=${1:?usage: tools/lint.sh BUILD_DIR}
failed=0
step() { printf '== %s\n' "$1"; shift; "$@" || failed=1; }

format() { git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run --Werror; }
tidy() {
    # The module is built with nginx's headers; request_text.cpp has a constant that clang 14 cannot evaluate.
    git ls-files 'src/*.cpp' | grep -v -e '^src/edge/module/' -e '^src/model/request_text.cpp' |
        xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$build" --quiet --extra-arg=-Qunused-arguments \
            --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang 2>/dev/null
}

step 'layers' python3 tools/check_layers.py tools/layers.txt src
step 'repository rules' python3 tools/tidy.py .
step 'clang-format' format
step 'clang-tidy' tidy
exit $failed
