"""A key table of a million keys: bytes a key, how soon a new key is accepted while requests are served, what a look-up costs
beside one in a small table, and what the module adds to a worker's memory.

usage: keys.py BUILD_DIR [--keys N]
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import nginx_site  # noqa: E402
from throughput import worker_of  # noqa: E402

FEW, MANY = 200, 1_200
NEW_KEYS = 200
MEMORY_GOAL = 16 * 1024  # KiB


def make_table(build, folder, keys):
    folder.mkdir()
    subprocess.run([f"{build}/bench_edge_keys", folder, str(keys)], check=True)


class Adder:
    """The server's side: adds a key for each line it is sent, and answers with it when the table has it."""

    def __init__(self, build, folder, first):
        self.process = subprocess.Popen([f"{build}/bench_edge_add_keys", folder, str(first)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def add(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def accepted(client, number, key):
    """Seconds until a key is let in."""
    began = time.monotonic()
    while True:
        try:
            client.send(number, key)
            return time.monotonic() - began
        except RuntimeError as refused:
            if time.monotonic() - began > 10:
                raise TimeoutError("a new key was not accepted within 10 s") from refused
            client.__init__(client.port, 1)


class Load(threading.Thread):
    """Requests with known keys until it is stopped."""

    def __init__(self, port, keys):
        super().__init__(daemon=True)
        self.client, self.keys, self.stopped, self.sent = nginx_site.Client(port, 4), keys, False, 0

    def run(self):
        while not self.stopped:
            self.client.send(self.sent, self.keys[self.sent * 7919 % len(self.keys)])
            self.sent += 1


def measure_adding(build, folder, count, module, upstream_port):
    place = folder / "adding"
    place.mkdir()
    port = nginx_site.free_port()
    text = nginx_site.with_module(place, port, upstream_port, module, workers=1)
    with nginx_site.Nginx(place, text, port):
        load = Load(port, nginx_site.read_keys(folder)[:10_000])
        load.start()
        adder = Adder(build, folder, count)
        client = nginx_site.Client(port, 1)
        client.port = port
        times = []
        for number in range(NEW_KEYS):
            began = time.monotonic()
            key = adder.add()
            accepted(client, number, key)
            times.append(time.monotonic() - began)
        adder.close()
        load.stopped = True
        load.join()
    return max(times), sorted(times)[len(times) // 2], load.sent


def instructions(folder, name, module, upstream_port, requests):
    place = folder / f"{name}-{requests}"
    place.mkdir()
    port = nginx_site.free_port()
    profile = place / "callgrind.out"
    wrapper = [shutil.which("valgrind"), "--tool=callgrind", f"--callgrind-out-file={profile}"]
    keys = nginx_site.read_keys(folder)
    step = len(keys) // nginx_site.KEYS_IN_USE
    with nginx_site.Nginx(place, nginx_site.with_module(place, port, upstream_port, module), port, wrapper):
        client = nginx_site.Client(port)
        for number in range(requests):
            client.send(number, keys[number % nginx_site.KEYS_IN_USE * step])
    return int(re.search(r"^(?:totals|summary): (\d+)", profile.read_text(), re.M).group(1))


def per_request(folder, name, module, upstream_port):
    few, many = (instructions(folder, name, module, upstream_port, n) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def worker_memory(make_text, folder, name, **options):
    """Resident KiB of a worker after some thousand requests, the key table's mapping left out."""
    place = folder / name
    place.mkdir()
    port = nginx_site.free_port()
    keys = nginx_site.read_keys(folder)
    with nginx_site.Nginx(place, make_text(place, port, workers=1, **options), port) as nginx:
        client = nginx_site.Client(port)
        for number in range(5_000):
            client.send(number, keys[number % len(keys)])
        maps = pathlib.Path(f"/proc/{worker_of(nginx.process.pid)}/smaps").read_text()
    total, counted = 0, True
    for line in maps.splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            counted = not line.endswith("keys.table")
        elif line.startswith("Rss:") and counted:
            total += int(line.split()[1])
    return total


def report_line(what, value, goal, met):
    print(f"{what:52}{value:>16}   goal {goal}: {'met' if met else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--keys", type=int, default=1_000_000)
    options = parser.parse_args()
    module = pathlib.Path(options.build).resolve() / "ngx_http_tallyman_module.so"
    with tempfile.TemporaryDirectory(prefix="tallyman-bench-") as folder:
        folder = pathlib.Path(folder)
        large, small = folder / "large", folder / "small"
        make_table(options.build, large, options.keys)
        make_table(options.build, small, 1_000)
        size = (large / "keys.table").stat().st_size / options.keys
        report_line(f"key table of {options.keys:,} keys, bytes a key", f"{size:.1f}", "<= 128", size <= 128)
        upstream_port, upstream = nginx_site.start_upstream(folder / "upstream")
        with upstream:
            worst, median, sent = measure_adding(options.build, large, options.keys, module, upstream_port)
            report_line(f"{NEW_KEYS} keys added: created -> accepted, worst", f"{worst * 1000:.0f} ms", "<= 1 s", worst <= 1)
            print(f"{'':52}{median * 1000:>13.1f} ms   median; {sent:,} requests were served meanwhile")
            many, few = (per_request(place, "lookup", module, upstream_port) for place in (large, small))
            report_line("instructions a request, large to small table", f"{many / few:.3f}", "<= 1.05", many <= few * 1.05)
            bare = worker_memory(lambda f, p, **o: nginx_site.bare(f, p, upstream_port, **o), small, "bare")
            ours = worker_memory(lambda f, p, **o: nginx_site.with_module(f, p, upstream_port, module, **o), small, "ours")
            report_line("memory of a worker over bare nginx, KiB", f"{ours - bare:+,}", "<= +16,384", ours - bare <= MEMORY_GOAL)


if __name__ == "__main__":
    main()
