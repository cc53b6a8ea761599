# Pieces of the demo: how it speaks, and what it measures.
bold=$(tput bold 2>/dev/null || true)
dim=$(tput dim 2>/dev/null || true)
plain=$(tput sgr0 2>/dev/null || true)
chapter_number=0

chapter() {
    chapter_number=$((chapter_number + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$chapter_number" "$1" "$plain"
}

say() { printf '%s\n' "$*"; }

# A command as a person would type it: words with blanks in quotes.
typed() {
    local word line=
    for word in "$@"; do
        case $word in *[\ \*\(]*) word="\"$word\"" ;; esac
        line+="$word "
    done
    printf '%s' "${line% }"
}

# Prints a command, runs it, and sets its output apart.
show() {
    printf '\n%s$ %s%s\n' "$dim" "$(typed "$@")" "$plain"
    "$@" 2>&1 | sed -e '$a\' | sed 's/^/  /'
}

# As show, for what is too wide for a page: the first columns only.
show_narrow() {
    printf '\n%s$ %s%s\n' "$dim" "$(typed "$@")" "$plain"
    "$@" 2>&1 | cut -c 1-150 | sed 's/^/  /'
}

field() { jq -r ".$1"; }

free_ports() {
    python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
}

now_ms() { date +%s%3N; }

# One more request, then asks until it is there.
measure_freshness() {
    local port=$1 key=$2 id="fresh-$$" start count=0
    curl -s -o /dev/null -H "x-api-key: $key" "http://127.0.0.1:$port/example?rid=$id"
    start=$(now_ms)
    until [ "$count" = 1 ]; do
        count=$(json query "SELECT count(*) FROM requests WHERE cs_uri_query LIKE '%$id%'" | jq -r '.rows[0][0]')
        [ $(($(now_ms) - start)) -lt 5000 ] || { say "not visible after 5 s"; return 1; }
    done
    say "Answered to the caller; seen by SQL $(($(now_ms) - start)) ms later (a whole command and query included)."
}

# What the client counted against what the lake holds, customer by customer.
compare_with_ledger() {
    local sent kept
    sent=$(awk '$1 == "answered"' ledger | wc -l)
    kept=$(json query "SELECT count(*) FROM requests WHERE cs_uri_query LIKE '%rid=tour-%'" | jq -r '.rows[0][0]')
    say "Requests answered by the client's ledger: $sent; rows in the table: $kept."
    [ "$sent" = "$kept" ]
}
