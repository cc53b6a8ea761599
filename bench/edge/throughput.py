"""Requests a second and CPU time a request of one nginx worker: bare, with our module, with what stock nginx offers, and
HAProxy with a log, in turn over several rounds before the same upstream.

usage: throughput.py BUILD_DIR [--rounds N] [--seconds S]

The proxy has core 0; wrk and the upstream share the rest. Medians of the rounds; on shared machines the ratios hold, not the
absolute figures. Every round checks that all answers were 200 with a body of the right size.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import nginx_site  # noqa: E402

CONNECTIONS = 64
GOAL, STRETCH = 0.95, 0.98
TICKS = os.sysconf("SC_CLK_TCK")

WRK_SCRIPT = """
local keys = {}
for key in io.lines("%(keys)s") do keys[#keys + 1] = key end
local requests, n = {}, 0
init = function()
    for i = 1, %(in_use)d do
        requests[i] = wrk.format("GET", "/v1/items/" .. (i %% 10) .. "?page=2", {
            ["Host"] = "api.example.com",
            ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            ["Accept"] = "application/json, text/plain, */*", ["Accept-Encoding"] = "gzip, deflate, br",
            ["Referer"] = "https://www.example.com/products/list", ["Cookie"] = "session=5f2b8a91c0de4477a1b2c3d4",
            ["x-api-key"] = keys[i * %(step)d]})
    end
end
request = function() n = n %% #requests + 1; return requests[n] end
done = function(summary)
    io.write(string.format("RESULT %%d %%d %%d %%d\\n", summary.requests, summary.duration,
             summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write))
end
"""


def haproxy_text(port, upstream_port, folder):
    log = " ".join(["%t %ci %cp %ST %B %HM %HP %HQ %HV %Tr %Tt %Ta %hr %hs %si %sp %bi %bp %U %ID %ts %ac %fc"] * 2)
    return f"""
global
    nbthread 1
    log {folder}/log.sock local0
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    log global
    log-format "{log}"
    http-reuse always
frontend edge
    bind 127.0.0.1:{port}
    capture request header User-Agent len 200
    capture request header Referer len 200
    default_backend origin
backend origin
    server origin 127.0.0.1:{upstream_port} maxconn 1000
"""


class Haproxy:
    """HAProxy that logs to a socket which somebody reads and throws away."""

    def __init__(self, folder, port, upstream_port):
        path = folder / "haproxy.cfg"
        path.write_text(haproxy_text(port, upstream_port, folder))
        self.reader = subprocess.Popen([sys.executable, "-c", f"""
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("{folder}/log.sock")
while True: s.recv(65536)"""])
        while not (folder / "log.sock").exists():
            pass
        self.process = subprocess.Popen([shutil.which("haproxy"), "-q", "-db", "-f", str(path)])
        nginx_site.wait_for_port(port, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.process, self.reader):
            process.kill()
            process.wait()


def worker_of(pid):
    """nginx's one worker, or the process itself where there is no master."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wrk(port, seconds, script):
    run = subprocess.run([shutil.which("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script),
                          f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True)
    requests, duration_us, bad, failed = map(int, re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", run.stdout).groups())
    if bad or failed:
        raise RuntimeError(f"{bad} answers were not 2xx, {failed} connections failed:\n{run.stdout}")
    return requests, duration_us / 1e6


def pin(pid, cores):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def measure_once(start, folder, script, seconds):
    folder.mkdir()
    port = nginx_site.free_port()
    with start(folder, port) as server:
        pid = worker_of(server.process.pid)
        pin(pid, {0})
        with_key = nginx_site.Client(port, 1)
        with_key.send(1, nginx_site.read_keys(folder.parent)[100])  # the body is the upstream's
        wrk(port, 1, script)
        before = cpu_seconds(pid)
        requests, duration = wrk(port, seconds, script)
        return requests / duration, (cpu_seconds(pid) - before) / requests * 1e6


def ways(module, upstream_port):
    def nginx(make_text, **options):
        return lambda folder, port: nginx_site.Nginx(folder, make_text(folder, port, upstream_port, workers=1, **options),
                                                     port)
    found = {"bare nginx proxy": nginx(nginx_site.bare),
             "our module": nginx(nginx_site.with_module, module=module),
             "stock map + limit_req + log": nginx(nginx_site.stock)}
    if shutil.which("haproxy"):
        found["HAProxy + log"] = lambda folder, port: Haproxy(folder, port, upstream_port)
    return found


def measure(build, rounds, seconds, folder):
    nginx_site.make_keys(build, folder)
    script = folder / "wrk.lua"
    script.write_text(WRK_SCRIPT % {"keys": folder / "keys.txt", "in_use": nginx_site.KEYS_IN_USE,
                                    "step": nginx_site.KEYS // nginx_site.KEYS_IN_USE})
    module = pathlib.Path(build).resolve() / "ngx_http_tallyman_module.so"
    upstream_port, upstream = nginx_site.start_upstream(folder / "upstream")
    others = set(range(1, os.cpu_count())) or {0}
    results = {}
    with upstream:
        pin(upstream.process.pid, others)
        os.sched_setaffinity(0, others)
        for number in range(rounds):
            for name, start in ways(module, upstream_port).items():
                place = folder / f"{name.split()[0]}-{number}"
                results.setdefault(name, []).append(measure_once(start, place, script, seconds))
                shutil.rmtree(place)
    return results


def report(results):
    bare = results["bare nginx proxy"]
    print(f"{'one worker':32}{'requests/s':>12}{'to bare':>9}{'CPU us/request':>16}")
    ratios = {}
    for name, rounds in results.items():
        # A round's ratio is to the bare run of the same round, its neighbour in time.
        ratios[name] = statistics.median(mine[0] / base[0] for mine, base in zip(rounds, bare))
        rate = statistics.median(r for r, _ in rounds)
        cpu = statistics.median(c for _, c in rounds)
        print(f"{name:32}{rate:>12,.0f}{ratios[name]:>9.3f}{cpu:>16.1f}")
    ours = ratios["our module"]
    print(f"our module to bare: {ours:.3f}; goal >= {GOAL}: {'met' if ours >= GOAL else 'MISSED'}; "
          f"stretch >= {STRETCH}: {'met' if ours >= STRETCH else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tallyman-bench-") as folder:
        report(measure(options.build, options.rounds, options.seconds, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
