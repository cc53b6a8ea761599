#!/usr/bin/env python3
"""Fails when a folder under src/ includes a folder that its line in the manifest does not name.

usage: check_layers.py MANIFEST SRC

A manifest line reads `folder: folders it may include`. A line may name only folders declared above it, so a
cycle cannot be declared. Headers in a folder's internal/ belong to that folder alone. An include in quotes must
be written from src/ ("folder/file.hpp"); one into another folder must exist.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def read_manifest(path):
    allowed, problems = {}, []
    for line in pathlib.Path(path).read_text().splitlines():
        name, colon, names = line.split("#")[0].partition(":")
        if not colon:
            continue
        for dep in names.split():
            if dep not in allowed:
                problems.append(f"{path}: {name.strip()} names {dep}, which is not declared above it")
        allowed[name.strip()] = set(names.split())
    return allowed, problems


def check_file(path, src, allowed):
    owner = path.relative_to(src).parts[0]
    if owner not in allowed:
        yield f"{path}: folder {owner} has no line in the manifest"
        return
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found[1].split("/")[0]
        if target != owner and not (src / found[1]).is_file():
            yield f'{path}:{number}: "{found[1]}" is not a file under {src}; write third-party includes as <...>'
        elif target != owner and target not in allowed[owner]:
            yield f"{path}:{number}: {owner} may not include {target} (tools/layers.txt)"
        elif target != owner and "/internal/" in found[1]:
            yield f"{path}:{number}: {found[1]} is private to {target}"


def main(manifest, src):
    allowed, problems = read_manifest(manifest)
    src = pathlib.Path(src)
    for path in sorted(src.rglob("*.[ch]pp")):
        problems.extend(check_file(path, src, allowed))
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
