"""Looks for secrets in every file of a folder, also in what gzip and zstd wrote."""
import gzip
import pathlib


def variants(data):
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if data[:4] == b"PAR1":
        yield parquet_text(data)


def parquet_text(data):
    """All string values of a Parquet file, decompressed by an outside reader."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq
    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid:
        return b""  # a kill cut it short before it belonged to the table; its raw bytes are searched as they are
    parts = []
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            parts += [value for value in column.unique().to_pylist() if value]
    return "\n".join(parts).encode()


def files_with(folder, secrets):
    """Files under `folder` that hold one of the secrets, as "path: how many-th secret"."""
    found = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file():
            continue
        for data in variants(path.read_bytes()):
            found += [f"{path}: secret {n}" for n, secret in enumerate(secrets) if secret.encode() in data]
    return found
