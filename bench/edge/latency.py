"""How long the module's own handlers take a request inside a worker under full load, and stock nginx's access_log beside it.

usage: latency.py BUILD_DIR [--seconds S]

Time stamps of the processor are taken around the handlers by two modules made for that (handler_timer.cpp), which cost some
50 ns themselves. The rest of the header filter chain, which sends, is not counted.
"""
import argparse
import os
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import nginx_site  # noqa: E402
from throughput import WRK_SCRIPT, pin, worker_of, wrk  # noqa: E402

GOAL_US = 20


def with_timers(text, build, module_line):
    """The timers' lines go around the measured module's, or where it would stand."""
    inner, outer = (f'load_module "{build}/bench_{side}_timer.so";' for side in ("inner", "outer"))
    if module_line in text and module_line:
        text = text.replace(module_line, f"{inner}\n{module_line}\n{outer}")
    else:
        text = text.replace("events {", f"{inner}\n{outer}\nevents {{", 1)
    return "env HANDLER_TIMES;\n" + text


def measure(folder, name, text, port, script, seconds):
    times = folder / name / "times"
    os.environ["HANDLER_TIMES"] = str(times)
    with nginx_site.Nginx(folder / name, text, port) as nginx:
        pin(worker_of(nginx.process.pid), {0})
        wrk(port, seconds, script)
        os.kill(nginx.process.pid, signal.SIGQUIT)
        nginx.process.wait()
    return {line.split()[0]: [int(word) for word in line.split()[1:]] for line in times.read_text().splitlines()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    module = build / "ngx_http_tallyman_module.so"
    with tempfile.TemporaryDirectory(prefix="tallyman-bench-") as folder:
        folder = pathlib.Path(folder)
        nginx_site.make_keys(build, folder)
        script = folder / "wrk.lua"
        script.write_text(WRK_SCRIPT % {"keys": folder / "keys.txt", "in_use": nginx_site.KEYS_IN_USE,
                                        "step": nginx_site.KEYS // nginx_site.KEYS_IN_USE})
        upstream_port, upstream = nginx_site.start_upstream(folder / "upstream")
        results = {}
        with upstream:
            pin(upstream.process.pid, set(range(1, os.cpu_count())) or {0})
            for name in ("ours", "stock"):
                (folder / name).mkdir()
                port = nginx_site.free_port()
                text = (nginx_site.with_module(folder / name, port, upstream_port, module, workers=1) if name == "ours"
                        else nginx_site.stock(folder / name, port, upstream_port, workers=1))
                text = with_timers(text, build, f'load_module "{module}";')
                results[name] = measure(folder, name, text, port, script, options.seconds)
    report(results)


def report(results):
    # nginx's access_log is the first handler of its log phase.
    rows = {"our module: all handlers of a request": results["ours"]["whole"], "stock access_log, 43 variables": results["stock"]["log0"]}
    print(f"{'time inside a worker, ns':44}{'requests':>10}{'p50':>9}{'p99':>9}{'p99.9':>9}")
    for name, (count, *percentiles) in rows.items():
        print(f"{name:44}{count:>10,}" + "".join(f"{p:>9,}" for p in percentiles))
    tail = results["ours"]["whole"][3] / 1000
    print(f"p99.9 of our module: {tail:.1f} us; goal <= {GOAL_US} us: {'met' if tail <= GOAL_US else 'MISSED'}; "
          f"stock access_log: {results['stock']['log0'][3] / 1000:.1f} us")


if __name__ == "__main__":
    main()
