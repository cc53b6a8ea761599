"""Tables written by Tallyman, read by PyIceberg and DuckDB, and the other way round.

usage: lake_test.py INTEROP_LAKE_PROGRAM
"""
import collections
import datetime
import glob
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroFile
from pyiceberg.conversions import from_bytes
from pyiceberg.table import StaticTable
from pyiceberg.types import DoubleType, IntegerType, LongType, StringType, TimestamptzType

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from outside_readers import duckdb_connection, plain_path  # noqa: E402

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
COLUMNS = ("id", "at", "name", "text", "count", "size", "seconds")
FIELDS = [(1, "id", StringType(), True), (2, "at", TimestamptzType(), True), (3, "name", StringType(), False),
          (4, "text", StringType(), False), (7, "count", IntegerType(), False), (6, "size", LongType(), False),
          (5, "seconds", DoubleType(), False)]
FIELD_IDS = {name: field_id for field_id, name, _, _ in FIELDS}


def exact(value):
    """A value that compares equal only to itself: NaN to NaN, and -0.0 not to 0.0."""
    return struct.pack("<d", math.nan if math.isnan(value) else value) if isinstance(value, float) else value


def expected_rows(rows):
    return sorted((row["id"], row["at"], row["name"], row["text"], row["count"], row["size"],
                   None if row["seconds"] is None else exact(float(row["seconds"]))) for row in rows)


def micros(at):
    return (at - EPOCH) // datetime.timedelta(microseconds=1)


def rows_of_arrow(table):
    table = table.select(COLUMNS)
    columns = [table["at"].cast(pa.int64()) if name == "at" else table[name] for name in COLUMNS]
    return sorted(tuple(exact(v) for v in row) for row in zip(*(c.to_pylist() for c in columns)))


def rows_of_duckdb(con, location, where="true"):
    found = con.execute(f'SELECT id, epoch_us("at"), name, text, "count", size, seconds '
                        f"FROM iceberg_scan('{plain_path(location)}') WHERE {where}").fetchall()
    return sorted(tuple(exact(v) for v in row) for row in found)


def data_files(table, **scan):
    return [task.file for task in table.scan(**scan).plan_files()]


class LakeTest:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.con = duckdb_connection()
        self.run("write", str(folder))
        self.expected = json.loads((folder / "expected.json").read_text())

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    # --- what the metadata says ---

    def test_schema_spec_and_order(self):
        for name in ("empty", "edges", "many"):
            location = self.expected[name] if name == "empty" else self.expected[name]["location"]
            table = StaticTable.from_metadata(location)
            found = [(f.field_id, f.name, f.field_type, f.required) for f in table.schema().fields]
            assert found == FIELDS, found
            [partition] = table.spec().fields
            assert (partition.source_id, partition.field_id, str(partition.transform), partition.name) == (
                2, 1000, "day", "at_day")
            order = [(f.source_id, str(f.transform), f.direction.value, f.null_order.value)
                     for f in table.sort_order().fields]
            assert order == [(3, "identity", "asc", "nulls-first"), (2, "identity", "asc", "nulls-first")], order
            assert table.format_version == 2 and table.metadata.last_column_id == 7

    def test_empty_table(self):
        location = self.expected["empty"]
        assert StaticTable.from_metadata(location).scan().to_arrow().num_rows == 0
        assert StaticTable.from_metadata(location).current_snapshot() is None
        assert rows_of_duckdb(self.con, location) == []

    def test_summary(self):
        table = StaticTable.from_metadata(self.expected["many"]["location"])
        summary = table.current_snapshot().summary
        assert summary.operation.value == "append"
        assert summary["tallyman.batch-id"] == "b1"
        assert json.loads(summary["tallyman.positions"])["segment"] == "ü"
        files = data_files(table)
        assert int(summary["total-records"]) == sum(f.record_count for f in files)
        assert int(summary["total-data-files"]) == len(files)
        assert int(summary["total-files-size"]) == sum(f.file_size_in_bytes for f in files)
        assert (summary["added-data-files"], summary["added-records"], summary["changed-partition-count"]) == (
            "2", "10", "2")

    # --- rows ---

    def test_edge_rows(self):
        edges = self.expected["edges"]
        want = expected_rows(edges["rows"])
        table = StaticTable.from_metadata(edges["location"])
        assert rows_of_arrow(table.scan().to_arrow()) == want
        assert rows_of_duckdb(self.con, edges["location"]) == want

    def test_large_file(self):
        large = self.expected["large"]
        table = StaticTable.from_metadata(large["location"])
        n = large["rows"]
        want = (n, sum(i * i for i in range(n)), sum(1 for i in range(n) if i % 7 == 0), n // 250)
        got = self.con.execute(
            "SELECT count(*), sum(size)::BIGINT, count(*) - count(text), count(DISTINCT name) "
            f"FROM iceberg_scan('{plain_path(large['location'])}')").fetchone()
        assert got == want, (got, want)
        arrow = table.scan(row_filter="name = 'key-017'").to_arrow()
        assert arrow.num_rows == 250 and sorted(arrow["id"].to_pylist())[0] == f"{17 * 250:032x}"
        [file] = data_files(table)
        footer = pq.ParquetFile(plain_path(file.file_path)).metadata
        assert footer.num_row_groups > 1
        starts = [footer.row_group(g).column(0).dictionary_page_offset or footer.row_group(g).column(0).data_page_offset
                  for g in range(footer.num_row_groups)]
        assert file.split_offsets == starts

    def test_requests_table(self):
        location = self.expected["requests"]
        arrow = StaticTable.from_metadata(location).scan().to_arrow()
        assert arrow.num_rows == 2 and arrow.num_columns == 58
        assert arrow["sc_status"].to_pylist() in ([7, None], [None, 7])
        found = self.con.execute(f"SELECT count(*), sum(sc_bytes)::BIGINT, max(time_taken) FROM "
                                 f"iceberg_scan('{plain_path(location)}')").fetchone()
        assert found == (2, 8, 0.5), found

    def test_upgraded_table(self):
        """Two rows from before `principal`, `dimensions` and `cut` were there, one from after."""
        upgraded = self.expected["upgraded"]
        for location, rows in ((upgraded["opened"], 2), (upgraded["location"], 3)):
            table = StaticTable.from_metadata(location)
            assert [(f.field_id, f.name) for f in table.schema().fields][-3:] == [
                (56, "principal"), (57, "dimensions"), (58, "cut")]
            assert (table.schema().schema_id, table.metadata.last_column_id) == (1, 58)
            assert [len(s.fields) for s in table.schemas().values()] == [55, 58]
            arrow = table.scan().to_arrow()
            assert (arrow.num_rows, arrow.num_columns) == (rows, 58)
            want = [(None, None)] * 2 + [("principal-0", "dimensions-0")] * (rows - 2)
            read = "SELECT principal, dimensions FROM iceberg_scan('{}') ORDER BY ALL NULLS FIRST"
            assert self.con.execute(read.format(plain_path(location))).fetchall() == want
            found = zip(arrow["principal"].to_pylist(), arrow["dimensions"].to_pylist())
            assert sorted(found, key=lambda row: row[0] or "") == want
        assert [s.schema_id for s in table.snapshots()] == [0, 1], "a snapshot keeps its schema"
        first = table.snapshots()[0].snapshot_id
        assert table.scan(snapshot_id=first).to_arrow().num_columns == 55
        assert table.scan(row_filter="principal = 'principal-0'").to_arrow().num_rows == 1
        assert table.scan(row_filter="principal is null").to_arrow().num_rows == 2

    # --- history ---

    def test_every_snapshot(self):
        many = self.expected["many"]
        table = StaticTable.from_metadata(many["location"])
        assert [s.snapshot_id for s in table.snapshots()] == many["snapshots"]
        assert [e.snapshot_id for e in table.history()] == many["snapshots"]
        for commits, snapshot in enumerate(many["snapshots"], 1):
            want = commits * many["rows_a_commit"]
            assert sum(f.record_count for f in data_files(table, snapshot_id=snapshot)) == want
            if commits % 20 == 1 or commits == len(many["snapshots"]):
                [got] = self.con.execute(
                    f"SELECT count(*) FROM iceberg_scan('{plain_path(many['location'])}', "
                    f"snapshot_from_id={snapshot}::UBIGINT)").fetchone()
                assert got == want, (snapshot, got, want)
                ids = table.scan(snapshot_id=snapshot).to_arrow()["id"].to_pylist()
                assert len(set(ids)) == want

    def test_every_metadata_file(self):
        folder = plain_path(self.expected["many"]["location"]).rsplit("/", 1)[0]
        found = sorted(glob.glob(f"{folder}/*.metadata.json"))
        assert len(found) == 101, len(found)
        log = [e.metadata_file for e in StaticTable.from_metadata(self.expected["many"]["location"]).metadata.metadata_log]
        assert [plain_path(e) for e in log] == found[:-1]
        for path in found:
            table = StaticTable.from_metadata(f"file://{path}")
            want = int(table.current_snapshot().summary["total-records"])
            assert sum(f.record_count for f in data_files(table)) == want
        for path in found[::20]:
            [rows] = self.con.execute(f"SELECT count(*) FROM iceberg_scan('{path}')").fetchone()
            assert rows == int(StaticTable.from_metadata(f"file://{path}").current_snapshot().summary["total-records"])

    def test_manifests_are_merged_and_keep_their_sequence_numbers(self):
        table = StaticTable.from_metadata(self.expected["many"]["location"])
        manifests = table.current_snapshot().manifests(table.io)
        assert len(manifests) < 60, len(manifests)
        sequence_of = {s.snapshot_id: s.sequence_number for s in table.snapshots()}
        seen = set()
        statuses = collections.Counter()
        for manifest in manifests:
            entries = manifest.fetch_manifest_entry(table.io)
            assert 0 < len(entries) < 2000
            assert manifest.min_sequence_number == min(e.sequence_number for e in entries)
            days = [e.data_file.partition[0] for e in entries]
            [summary] = manifest.partitions
            assert struct.unpack("<i", summary.lower_bound)[0] == min(days)
            assert struct.unpack("<i", summary.upper_bound)[0] == max(days)
            assert manifest.added_files_count + manifest.existing_files_count == len(entries)
            assert manifest.added_rows_count + manifest.existing_rows_count == sum(
                e.data_file.record_count for e in entries)
            assert manifest.manifest_length == pathlib.Path(plain_path(manifest.manifest_path)).stat().st_size
            for entry in entries:
                assert entry.sequence_number == sequence_of[entry.snapshot_id], entry
                assert entry.data_file.file_path not in seen
                seen.add(entry.data_file.file_path)
                statuses[entry.status.name] += 1
        assert len(seen) == 240 and statuses["EXISTING"] > 0 and statuses["ADDED"] > 0

    def test_manifest_headers(self):
        """Some readers take schema and spec from here (duckdb-iceberg #799, #1020)."""
        table = StaticTable.from_metadata(self.expected["edges"]["location"])
        snapshot = table.current_snapshot()
        for manifest in snapshot.manifests(table.io):
            with AvroFile(table.io.new_input(manifest.manifest_path)) as file:
                meta = file.header.meta
            assert json.loads(meta["schema"])["fields"][0] == {
                "id": 1, "name": "id", "required": True, "type": "string"}
            assert json.loads(meta["partition-spec"])[0]["transform"] == "day"
            assert (meta["schema-id"], meta["partition-spec-id"], meta["format-version"], meta["content"]) == (
                "0", "0", "2", "data")
            schema = json.loads(meta["avro.schema"])
            [partition] = [f for f in schema["fields"][4]["type"]["fields"] if f["name"] == "partition"]
            assert partition["type"]["fields"][0]["type"][1] == {"type": "int", "logicalType": "date"}
        with AvroFile(table.io.new_input(snapshot.manifest_list)) as file:
            meta = file.header.meta
        assert meta["snapshot-id"] == str(snapshot.snapshot_id)
        assert meta["parent-snapshot-id"] == str(snapshot.parent_snapshot_id)
        assert meta["sequence-number"] == str(snapshot.sequence_number)

    # --- statistics ---

    def check_file(self, file):
        path = pathlib.Path(plain_path(file.file_path))
        parquet = pq.ParquetFile(path)
        assert file.file_size_in_bytes == path.stat().st_size
        assert file.record_count == parquet.metadata.num_rows
        assert file.sort_order_id == 1
        arrow = parquet.read()
        schema = parquet.schema
        for i, (field_id, name, kind, required) in enumerate(FIELDS):
            assert parquet.schema_arrow.field(name).metadata[b"PARQUET:field_id"] == str(field_id).encode()
            column = schema.column(i)
            assert column.max_definition_level == (0 if required else 1)
            assert parquet.metadata.row_group(0).column(i).compression == "ZSTD"
            values = (arrow[name].cast(pa.int64()) if name == "at" else arrow[name]).to_pylist()
            present = [v for v in values if v is not None and v == v]
            assert file.value_counts[field_id] == len(values)
            assert file.null_value_counts[field_id] == values.count(None)
            if isinstance(kind, DoubleType):
                nan = sum(1 for v in values if v is not None and math.isnan(v))
                assert file.nan_value_counts[field_id] == nan
            for bound, holds in ((file.lower_bounds, lambda v, b: b <= v), (file.upper_bounds, lambda v, b: v <= b)):
                if field_id in bound:
                    limit = from_bytes(kind, bound[field_id])
                    assert all(holds(v, limit) for v in present), (name, limit)
                    assert not isinstance(limit, str) or len(limit) <= 16
                    assert isinstance(limit, str) or limit in present, (name, limit)
        assert "isAdjustedToUTC=true, timeUnit=microseconds" in str(schema.column(1).logical_type)
        return {name: (field_id in file.lower_bounds, field_id in file.upper_bounds)
                for name, field_id in FIELD_IDS.items()}

    def test_statistics_hold_for_every_row(self):
        table = StaticTable.from_metadata(self.expected["edges"]["location"])
        bounded = collections.Counter()
        for file in data_files(table):
            given = self.check_file(file)
            bounded.update(("name without upper",) if given["name"] == (True, False) else ())
            bounded.update(("text without both",) if given["text"] == (False, False) else ())
            assert given["at"] == given["size"] == (True, True)
        assert bounded == {"name without upper": 1, "text without both": 1}, bounded
        for file in data_files(StaticTable.from_metadata(self.expected["large"]["location"])):
            self.check_file(file)

    def test_pruned_scans_equal_filtered_full_scans(self):
        for name, filters in (
                ("edges", ["at >= '1970-01-01T00:00:00+00:00' and at < '1970-01-02T00:00:00+00:00'",
                           "at < '1970-01-01T00:00:00+00:00'", "name = 'ssssssssssssssss'", "name > 'zzz'",
                           "name is null", "text >= 'ÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿ'", "count > 5", "size <= -1",
                           "seconds > 100.5", "seconds is nan", "id = 'max'", "id = 'longest'",
                           "name = '" + "😀" * 40 + "'", "name > '" + "\U0010ffff" * 16 + "'"]),
                ("many", ["at >= '2025-11-10T00:00:00+00:00' and at < '2025-11-12T00:00:00+00:00'", "count = 37",
                          "id >= '050' and id < '060'", "size > 11900"])):
            location = self.expected[name]["location"]
            table = StaticTable.from_metadata(location)
            self.con.execute(f"CREATE OR REPLACE TABLE full_scan AS SELECT * FROM "
                             f"iceberg_scan('{plain_path(location)}')")
            everything = len(data_files(table))
            for condition in filters:
                sql = condition.replace("at ", '"at" ').replace("count ", '"count" ').replace(
                    "seconds is nan", "isnan(seconds)").replace("+00:00'", "+00:00'::TIMESTAMPTZ").replace(
                    "seconds >", "not isnan(seconds) and seconds >")  # DuckDB: NaN is above all
                want = sorted(r[0] for r in self.con.execute(f"SELECT id FROM full_scan WHERE {sql}").fetchall())
                got = sorted(table.scan(row_filter=condition).to_arrow()["id"].to_pylist())
                assert got == want, (condition, len(got), len(want))
                duck = sorted(r[0] for r in rows_of_duckdb(self.con, location, sql))
                assert duck == want, (condition, len(duck), len(want))
                if name == "many":
                    assert len(data_files(table, row_filter=condition)) < everything / 4, condition

    # --- tables that others have written to ---

    def catalog(self, name):
        from pyiceberg.catalog.sql import SqlCatalog
        catalog = SqlCatalog(name, uri=f"sqlite:///{self.folder}/{name}.db",
                             warehouse=(self.folder / "lake").as_uri())
        catalog.create_namespace("tallyman")
        return catalog

    def read(self, location):
        return json.loads(self.run("read", location))

    def test_read_and_append_after_pyiceberg(self):
        """PyIceberg appends with merged manifests and rewrites files; we read on, append, and it reads that."""
        table = self.catalog("other").register_table("tallyman.many", self.expected["many"]["location"])
        with table.transaction() as change:
            change.set_properties({"commit.manifest-merge.enabled": "true", "commit.manifest.min-count-to-merge": "5",
                                   "unknown.property": "stays"})
        extra = table.scan(limit=7).to_arrow()
        table.append(extra)
        assert self.read(table.metadata_location)["rows"] == 1207
        table.delete("count = 37 or size = 5002")  # drops two files and rewrites one
        left = table.scan().to_arrow().num_rows
        found = self.read(table.metadata_location)
        assert found["rows"] == left == found["total_rows"], (found, left)
        assert found["files"] == len(data_files(table))
        after = self.run("append", str(self.folder), table.metadata_location)
        reread = StaticTable.from_metadata(after)
        assert reread.scan().to_arrow().num_rows == left + 2
        assert reread.properties["unknown.property"] == "stays"
        assert reread.metadata.table_uuid == table.metadata.table_uuid
        assert [s.snapshot_id for s in reread.snapshots()][:-1] == [s.snapshot_id for s in table.snapshots()]
        [rows] = self.con.execute(f"SELECT count(*) FROM iceberg_scan('{plain_path(after)}')").fetchone()
        assert rows == left + 2


def main(program):
    with tempfile.TemporaryDirectory(prefix="tallyman-interop-") as folder:
        lake = LakeTest(program, pathlib.Path(folder))
        failed = 0
        for name in [name for name in dir(lake) if name.startswith("test_")]:
            try:
                getattr(lake, name)()
                print("ok    ", name)
            except Exception as error:  # each test is told of, not only the first that fails
                import traceback
                traceback.print_exc()
                print("FAILED", name, error)
                failed += 1
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
