"""Kills the delivering process with SIGKILL at random while requests are captured; the writers now and then too.

usage: kill_delivery_test.py PROGRAM [--kills N] [--seed S]     (TALLYMAN_KILLS and TALLYMAN_SEED do the same)

Each writer notes the id of a request once it is captured. At the end every noted id is in the table exactly once,
read by PyIceberg and by DuckDB, and delivery's own ledger says the same number. A writer that was killed between
capturing and noting has one id in the table that it did not note, the next one of its sequence, and no more.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from outside_readers import duckdb_connection, plain_path  # noqa: E402

WRITERS = 2
WRITER_KILLED_EVERY = 5


class Processes:
    def __init__(self, program, folder, seed):
        self.program, self.folder, self.seeds = program, folder, random.Random(seed)
        self.deliverer = None
        self.writers = [None] * WRITERS
        self.killed_writers = 0

    def start(self, *arguments):
        return subprocess.Popen([self.program, *map(str, arguments)])

    def start_deliverer(self):
        self.deliverer = self.start("deliver", self.folder)

    def start_writer(self, index):
        self.writers[index] = self.start("write", self.folder, self.seeds.randrange(2**32))

    def start_all(self):
        self.start_deliverer()
        for index in range(WRITERS):
            self.start_writer(index)

    def all(self):
        return [process for process in [self.deliverer, *self.writers] if process is not None]

    def kill_deliverer(self):
        kill(self.deliverer)
        self.start_deliverer()

    def kill_writer(self):
        index = self.seeds.randrange(WRITERS)
        kill(self.writers[index])
        self.killed_writers += 1
        self.start_writer(index)

    def end(self):
        for process in self.all():
            process.send_signal(signal.SIGTERM)
        # One that was started just now may end before it listens to the signal, having done nothing.
        for process in self.all():
            assert process.wait(60) in (0, -signal.SIGTERM), f"{process.args[1]} ended with {process.returncode}"

    def abandon(self):
        for process in self.all():
            if process.poll() is None:
                process.kill()
                process.wait()


def kill(process):
    assert process.poll() is None, f"{process.args[1]} ended by itself with {process.returncode}"
    process.kill()
    assert process.wait() == -signal.SIGKILL


def ids_by_pyiceberg(location):
    from pyiceberg.table import StaticTable
    table = StaticTable.from_metadata(location).scan(selected_fields=("record_id",)).to_arrow()
    return table["record_id"].to_pylist()


def ids_by_duckdb(location):
    return [row[0] for row in duckdb_connection().execute(
        f"SELECT record_id FROM iceberg_scan('{plain_path(location)}')").fetchall()]


def check_ids(reader, ids, noted, killed_writers):
    doubled = [one for one, count in collections.Counter(ids).items() if count > 1]
    assert not doubled, f"{reader}: {len(doubled)} ids stand twice, e.g. {doubled[:3]}"
    missing = noted - set(ids)
    assert not missing, f"{reader}: {len(missing)} captured ids are missing, e.g. {sorted(missing)[:3]}"
    last = collections.defaultdict(lambda: -1)
    for one in noted:
        last[one[:16]] = max(last[one[:16]], int(one[16:], 16))
    extra = set(ids) - noted
    assert len(extra) <= killed_writers, f"{reader}: {len(extra)} ids that nobody noted"
    for one in extra:
        assert int(one[16:], 16) == last[one[:16]] + 1, f"{reader}: {one} was never captured"


def check(report, folder, killed_writers):
    lines = (folder / "ledger").read_text().split()
    noted = set(lines)
    assert len(noted) == len(lines), "the writers noted an id twice"
    ids = ids_by_pyiceberg(report["metadata_location"])
    check_ids("PyIceberg", ids, noted, killed_writers)
    check_ids("DuckDB", ids_by_duckdb(report["metadata_location"]), noted, killed_writers)
    assert report["delivered"] == len(ids), f"the ledger says {report['delivered']}, the table has {len(ids)}"
    assert report["received"] == report["delivered"], report
    assert report["lost"] == report["quarantined"] == report["pending"] == report["segments_left"] == 0, report
    return len(noted)


def run(program, kills, seed, folder):
    (folder / "capture").mkdir()
    (folder / "lake").mkdir()
    processes = Processes(program, folder, seed)
    moments = random.Random(seed)
    try:
        processes.start_all()
        for number in range(1, kills + 1):
            time.sleep(moments.uniform(0.02, 0.25))
            processes.kill_deliverer()
            if number % WRITER_KILLED_EVERY == 0:
                processes.kill_writer()
        processes.end()
    finally:
        processes.abandon()
    finished = subprocess.run([program, "finish", str(folder)], check=True, capture_output=True, text=True)
    report = json.loads(finished.stdout)
    noted = check(report, folder, processes.killed_writers)
    print(f"{noted} captured requests, {kills} kills of the deliverer, {processes.killed_writers} of writers, "
          f"{report['snapshots']} snapshots: each request once, read by two readers (seed {seed})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("TALLYMAN_KILLS") or 30))
    parser.add_argument("--seed", type=int,
                        default=int(os.environ.get("TALLYMAN_SEED") or random.SystemRandom().randrange(2**32)))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tallyman-crash-") as folder:
        run(options.program, options.kills, options.seed, pathlib.Path(folder))


if __name__ == "__main__":
    main()
