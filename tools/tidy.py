#!/usr/bin/env python3
"""Repository rules that a compiler does not check. usage: tidy.py [ROOT]

Each rule is one function that yields "path:line: what is wrong and what to do". Run by `make lint` and by ctest.
"""
import pathlib
import re
import subprocess
import sys

LIMITS = {"header": 250, "source": 500, "test": 800, "function": 70}
CPP = (".cpp", ".hpp")


def tracked(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = root / name
        if path.is_file():
            yield path, name


def texts(root):
    for path, name in tracked(root):
        data = path.read_bytes()
        if b"\0" not in data:
            yield name, data.decode("utf-8", "replace").splitlines()


def kind_of(name):
    if name.startswith(("tests/", "fuzz/", "bench/")):
        return "test"
    return "header" if name.endswith(".hpp") else "source"


def file_lengths(files):
    for name, lines in files:
        if name.endswith(CPP) and len(lines) > LIMITS[kind_of(name)]:
            yield f"{name}:1: {len(lines)} lines, the limit for a {kind_of(name)} is {LIMITS[kind_of(name)]}; split it by idea"


def statement_start(lines, last):
    """The line on which the statement begins whose parentheses close on line `last`."""
    open_count, first = 0, last
    while first >= 0:
        open_count += lines[first].count(")") - lines[first].count("(")
        if open_count <= 0:
            return first
        first -= 1
    return last


def function_lengths(files):
    """A function's body at namespace or class level: from the line it begins on to the brace that closes it."""
    opens = re.compile(r"^\s*[A-Za-z_~:].*[)\w>]\s*(const|noexcept|override|final|->.*)?\s*\{$")
    not_function = re.compile(r"^\s*(\}|namespace|class|struct|enum|union|extern|if|for|while|switch|else|do|try|return)\b")
    for name, lines in files:
        if not name.endswith(CPP) or not name.startswith(("src/", "demo/")):
            continue
        for last, line in enumerate(lines):
            if not opens.match(line):
                continue
            start = statement_start(lines, last)
            if not_function.match(lines[start]) or lines[start].lstrip().startswith("}"):
                continue
            close = re.match(r"\s*", lines[start])[0] + "}"
            end = next((i for i in range(last + 1, len(lines)) if lines[i].startswith(close)), start)
            if end - start + 1 > LIMITS["function"]:
                yield f"{name}:{start + 1}: a function of {end - start + 1} lines, the limit is {LIMITS['function']}"


def floats_in_money(files):
    token = re.compile(r"\b(float|double)\b")
    for name, lines in files:
        if not name.startswith(("src/rating/", "src/billing/", "src/base/decimal", "src/model/meter")):
            continue
        for number, line in enumerate(lines, 1):
            if name.endswith(CPP) and token.search(line.split("//")[0]):
                yield f"{name}:{number}: floating point where money is computed; use Decimal"


def unfinished(files):
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name, lines in files:
        if name.endswith(CPP + (".py", ".sh", ".cmake", ".md")):
            for number, line in enumerate(lines, 1):
                if word.search(re.sub(r'"[^"]*"', "", line)):
                    yield f"{name}:{number}: unfinished work; finish it or write it down as an issue"


def banned_names(files):
    for name, _ in files:
        stem = pathlib.PurePath(name).stem
        if name.startswith("src/") and re.fullmatch(r"(utils?|helpers?|common|misc)(_.*)?", stem):
            yield f"{name}:1: \"{stem}\" says nothing; name the idea"


def banned_calls(files):
    calls = {
        r"\bstd::cout\b": "results go through the command's output",
        r"\brand\(\)": "randomness comes through RandomSource",
        r"\bsystem_clock::now\(\)": "time comes through Clock",
        r"(?<!_ptr<)(?<![_\w])(?<!>\()(?<!impl_\()new [A-Z]\w*[({]": "no naked new; use make_unique",
    }
    allowed = {"src/base/clock.cpp", "src/app/main.cpp"}
    for name, lines in files:
        if not name.startswith("src/") or not name.endswith(CPP) or name in allowed:
            continue
        for number, line in enumerate(lines, 1):
            for pattern, why in calls.items():
                if re.search(pattern, line.split("//")[0]):
                    yield f"{name}:{number}: {line.strip()[:60]}: {why}"


def test_sleeps(files):
    for name, lines in files:
        if not name.startswith("tests/") or not name.endswith((".cpp", ".hpp")):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(r"\b(sleep_for|usleep)\(", line) and not re.search(r"// (poll|pace)", line):
                yield f"{name}:{number}: a test that sleeps; wait for what it needs (a poll loop says // poll, a generator // pace)"


def machine_paths(files):
    words = re.compile(r"/wo" r"rk/|\.\./sha" r"red")
    for name, lines in files:
        for number, line in enumerate(lines, 1):
            if words.search(line):
                yield f"{name}:{number}: a path of one machine"


def dead_links(files):
    link = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
    names = {name for name, _ in files}
    folders = {str(parent) for name in names for parent in pathlib.PurePath(name).parents}
    for name, lines in files:
        if not name.endswith(".md"):
            continue
        for number, line in enumerate(lines, 1):
            for found in link.finditer(line):
                target = (pathlib.PurePath(name).parent / found[1])
                plain = str(pathlib.PurePath(*resolve(target.parts)))
                if plain not in names and plain not in folders:
                    yield f"{name}:{number}: link to {found[1]}, which is not there"


def resolve(parts):
    out = []
    for part in parts:
        if part == "..":
            out.pop()
        elif part != ".":
            out.append(part)
    return out


RULES = [file_lengths, function_lengths, floats_in_money, unfinished, banned_names, banned_calls, test_sleeps,
         machine_paths, dead_links]


def main(root):
    files = list(texts(pathlib.Path(root)))
    problems = [problem for rule in RULES for problem in rule(files)]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{len(files)} files, {len(RULES)} rules, {len(problems)} findings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
