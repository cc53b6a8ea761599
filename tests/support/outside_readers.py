"""Iceberg readers that are not ours. Run with the virtual environment that tools/setup/setup.sh --tests makes."""
import importlib.util
import pathlib
import re


def duckdb_connection():
    import duckdb
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    for name in ("avro", "httpfs", "iceberg"):
        origin = pathlib.Path(importlib.util.find_spec(f"duckdb_extension_{name}").origin).parent
        con.execute(f"LOAD '{origin}/extensions/v{duckdb.__version__}/{name}.duckdb_extension'")
    con.execute("LOAD icu; SET TimeZone='UTC'")
    return con


def plain_path(location):
    return location.removeprefix("file://")


def request_ids(queries):
    """The load client's own id of each request, from the query string that it sent."""
    found = (re.search(r"rid=([\w-]+)", query or "") for query in queries)
    return [match[1] for match in found if match]


def read_ids_pyiceberg(location):
    from pyiceberg.table import StaticTable
    table = StaticTable.from_metadata(location)
    return request_ids(table.scan(selected_fields=("cs_uri_query",)).to_arrow()["cs_uri_query"].to_pylist())


def read_ids_duckdb(location):
    rows = duckdb_connection().execute(
        f"SELECT cs_uri_query FROM iceberg_scan('{plain_path(location)}')").fetchall()
    return request_ids(row[0] for row in rows)
