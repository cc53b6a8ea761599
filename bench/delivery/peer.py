"""DuckDB writes the rows of a TSV file as Parquet with zstd, on one thread; prints one JSON object.

usage: peer.py FOLDER COLUMNS_FILE [--sorted]
"""
import json
import os
import resource
import sys
import time

import duckdb


def cpu_us():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


def main(folder, columns_file, *flags):
    with open(columns_file) as file:
        columns = dict(line.split() for line in file)
    order = "ORDER BY api_key_id NULLS FIRST, timestamp" if "--sorted" in flags else ""
    out = os.path.join(folder, "peer.parquet")
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute("SET preserve_insertion_order = false")
    before, begin = cpu_us(), time.monotonic()
    connection.execute(
        f"""COPY (SELECT * REPLACE (make_timestamp(timestamp)::TIMESTAMPTZ AS timestamp)
                  FROM read_csv('{folder}/requests.tsv', delim='\t', header=false, quote='', escape='',
                                nullstr='', auto_detect=false, columns={columns!r}) {order})
            TO '{out}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"""
    )
    used, seconds = cpu_us() - before, time.monotonic() - begin
    rows = connection.execute(f"SELECT count(*) FROM '{out}'").fetchone()[0]
    print(json.dumps({
        "rows": rows,
        "cpu_us_per_row": used / rows,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "bytes_per_row": os.path.getsize(out) / rows,
        "seconds": seconds,
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
