"""Kills nginx workers, nginx's master and the server with SIGKILL at random under load; nothing acknowledged may be lost or
doubled.

usage: kill_test.py BUILD [--kills N] [--seed S] [--result FILE]

N is the number of kills of each of the three. They come in rounds of at most 25 each, every round with a data folder, a
seed and a check of its own; the result file holds the sums and is a campaign's record. The oracle is the load client's own
ledger, read against the lake by two readers that are not ours: PyIceberg and DuckDB's Iceberg extension. A canary key is
searched for in every file of the data folder at the end.
"""
import argparse
import collections
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from canary import files_with  # noqa: E402
from deployment import Deployment, children, kill, wait_for  # noqa: E402
from outside_readers import read_ids_duckdb, read_ids_pyiceberg  # noqa: E402


def make_callers(site, folder):
    """Two customers with keys, a revoked key, an unknown one and none at all. Returns the file and the raw keys."""
    lines, keys = [], []
    for name in ("Acme", "Globex"):
        customer = site.json("customers", "create", name)["id"]
        key = site.json("keys", "create", "--customer", customer, "--name", f"{name} key")["key"]
        keys.append(key)
        lines.append(f"{name.lower()} {key}")
    revoked = site.json("keys", "create", "--customer", "Acme", "--name", "old")
    site.run("keys", "revoke", revoked["id"])
    keys.append(revoked["key"])
    unknown = "canary-unknown-key-7f3a9c51d2"
    lines += [f"revoked {revoked['key']}", f"unknown {unknown}", "nobody -"]
    path = pathlib.Path(folder) / "callers"
    path.write_text("\n".join(lines) + "\n")
    return path, keys + [unknown]


class Killer:
    def __init__(self, site, rng):
        self.site, self.rng = site, rng
        self.master = site.nginx_master()
        self.counts = collections.Counter()

    def kill_worker(self):
        workers = wait_for("nginx workers", lambda: children(self.master))
        if kill(self.rng.choice(workers)):
            self.counts["worker"] += 1

    def kill_server(self):
        if kill(self.site.server_pid()):
            self.counts["server"] += 1
        self.site.up()

    def kill_master(self):
        """Its workers live on without it, until the next start ends them."""
        if kill(self.master):
            self.counts["master"] += 1
        self.site.up()
        self.master = self.site.nginx_master()

    def kill_many(self, kills):
        """`kills` of each, in random order."""
        ways = {"worker": self.kill_worker, "server": self.kill_server, "master": self.kill_master}
        while left := [name for name in ways if self.counts[name] < kills]:
            ways[self.rng.choice(left)]()
            time.sleep(self.rng.uniform(0.02, 0.15))


def run_load(site, callers, ledger, folder, seconds):
    return subprocess.Popen([str(site.build / "load-client"), "--port", str(site.edge_port), "--callers", str(callers),
                             "--seconds", str(seconds), "--connections", "16", "--run", "crash",
                             "--ledger", str(ledger)], cwd=folder, stdout=subprocess.PIPE, text=True)


def read_ledger(path):
    answered, unknown = {}, set()
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "answered":
            answered[words[1]] = words
        else:
            unknown.add(words[1])
    return answered, unknown


def compare(answered, unknown, ids):
    """Problems between the client's ledger and the ids found in the lake."""
    counts = collections.Counter(ids)
    missing = [rid for rid in answered if rid not in counts]
    doubled = [rid for rid, count in counts.items() if count > 1]
    strange = [rid for rid in counts if rid not in answered and rid not in unknown]
    return {"missing": missing[:5], "doubled": doubled[:5], "strange": strange[:5],
            "counts": (len(missing), len(doubled), len(strange))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--result")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.kills} kills of each", flush=True)
    seeds = random.Random(options.seed)
    total = {"ok": True, "seed": options.seed, "rounds": 0, "kills": collections.Counter(), "answered": 0, "rows": 0,
             "missing": 0, "doubled": 0, "strange": 0, "unanswered": 0, "commit": commit(), "began": now()}
    for kills in round_sizes(options.kills):
        with tempfile.TemporaryDirectory() as folder:
            result = run(options.build, kills, seeds.randrange(1 << 31), pathlib.Path(folder))
        print(json.dumps(result), flush=True)
        add_round(total, result)
        if not result["ok"]:
            break
    total["ended"] = now()
    print(json.dumps(total, indent=1))
    if options.result:
        pathlib.Path(options.result).write_text(json.dumps(total, indent=1) + "\n")
    return 0 if total["ok"] else 1


def commit():
    """Of the sources that this test lies in; they may have been built elsewhere."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=pathlib.Path(__file__).parent, capture_output=True,
                         text=True)
    return git.stdout.strip() or "unknown"


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def round_sizes(kills, largest=25):
    return [largest] * (kills // largest) + ([kills % largest] if kills % largest else [])


def add_round(total, result):
    total["ok"] = total["ok"] and result["ok"]
    total["rounds"] += 1
    total["kills"].update(result["kills"])
    total["answered"] += result["answered"]
    total["unanswered"] += result["unknown"]
    total["rows"] += result["rows"]
    for reader in ("pyiceberg", "duckdb"):
        for name, count in zip(("missing", "doubled", "strange"), result[reader]["counts"]):
            total[name] += count


def run(build, kills, seed, folder):
    with Deployment(build, folder, {("delivery", "flush_interval"): "500ms"}) as site:
        site.start_upstream()
        site.up()
        callers, secrets = make_callers(site, folder)
        ledger = folder / "ledger"
        load = run_load(site, callers, ledger, folder, 3600)  # ended by us, as soon as the kills are done
        killer = Killer(site, random.Random(seed))
        try:
            killer.kill_many(kills)
        finally:
            load.terminate()
            load.communicate()
        balance = site.json("reconcile")
        answered, unknown = read_ledger(ledger)
        location = next(t["metadata_location"] for t in site.json("lake", "status")["tables"] if t["name"] == "requests")
        checks = {"pyiceberg": compare(answered, unknown, read_ids_pyiceberg(location)),
                  "duckdb": compare(answered, unknown, read_ids_duckdb(location))}
        ours = site.query("SELECT count(*) FROM requests")[0][0]
        site.stop()
        leaks = files_with(site.data, secrets)
        clean = all(check["counts"] == (0, 0, 0) for check in checks.values())
        return {"ok": clean and balance["balanced"] and not leaks and len(answered) > 500, "seed": seed,
                "kills": dict(killer.counts), "answered": len(answered), "unknown": len(unknown), "rows": ours,
                "balanced": balance["balanced"], "leaks": leaks, **checks}


if __name__ == "__main__":
    sys.exit(main())
