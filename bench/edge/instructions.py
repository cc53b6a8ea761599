"""User instructions a request over bare nginx proxying, counted by callgrind: two runs of each, and their difference.

usage: instructions.py BUILD_DIR [--keep FOLDER]   (--keep: callgrind's files stay there, for callgrind_annotate)
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import nginx_site  # noqa: E402

# Before the shorter run ends every key in use has come once, so the difference is the steady state.
FEW, MANY = 1_200, 2_700
# Where the heap's end happens to lie decides whether freeing a request's pool trims it, which costs hundreds of
# instructions in the one configuration and none in the next: so the heap is never trimmed.
STEADY_HEAP = ("MALLOC_TRIM_THRESHOLD_=1000000000", "MALLOC_TOP_PAD_=67108864")
GOAL, STRETCH = 2_000, 1_200


def count(name, make_text, requests, folder, upstream_port, keys):
    """All instructions of one nginx process that answers `requests` requests."""
    place = folder / f"{name}-{requests}"
    place.mkdir()
    port = nginx_site.free_port()
    profile = place / "callgrind.out"
    wrapper = ["env", *STEADY_HEAP, shutil.which("valgrind"), "--tool=callgrind", f"--callgrind-out-file={profile}"]
    with nginx_site.Nginx(place, make_text(place, port, upstream_port), port, wrapper) as nginx:
        client = nginx_site.Client(port)
        step = len(keys) // nginx_site.KEYS_IN_USE
        for number in range(requests):
            client.send(number, keys[number % nginx_site.KEYS_IN_USE * step])
        nginx.check_log()
    total = re.search(r"^(?:totals|summary): (\d+)", profile.read_text(), re.M)
    return int(total.group(1))


def per_request(name, make_text, folder, upstream_port, keys):
    few = count(name, make_text, FEW, folder, upstream_port, keys)
    many = count(name, make_text, MANY, folder, upstream_port, keys)
    return (many - few) / (MANY - FEW)


def measure(build, folder):
    module = pathlib.Path(build).resolve() / "ngx_http_tallyman_module.so"
    nginx_site.make_keys(build, folder)
    keys = nginx_site.read_keys(folder)
    upstream_port, upstream = nginx_site.start_upstream(folder / "upstream")
    configurations = {
        "bare nginx proxy": nginx_site.bare,
        "our module": lambda *args: nginx_site.with_module(*args, module),
        "stock map + limit_req + log": nginx_site.stock,
    }
    with upstream:
        return {name: per_request(name.split()[0], text, folder, upstream_port, keys)
                for name, text in configurations.items()}


def report(counts):
    bare = counts["bare nginx proxy"]
    print(f"{'user instructions a request':32}{'all':>10}{'to bare':>10}{'ratio':>8}")
    for name, value in counts.items():
        print(f"{name:32}{value:>10,.0f}{value - bare:>+10,.0f}{value / bare:>8.2f}")
    ours = counts["our module"] - bare
    met = "met" if ours <= GOAL else "MISSED"
    print(f"our module over bare: {ours:+,.0f}; goal <= {GOAL:,}: {met}; "
          f"stretch <= {STRETCH:,}: {'met' if ours <= STRETCH else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True)
        report(measure(options.build, options.keep))
        return
    with tempfile.TemporaryDirectory(prefix="tallyman-bench-") as folder:
        report(measure(options.build, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
