"""Unpacks an Arrow file in a process of its own: `python -I arrow_worker.py SETTINGS`.

The first line on standard output is JSON, then follows the table as an Arrow stream.
"""

from __future__ import annotations

import json
import sys

import pyarrow as pa


def main() -> None:
    """What is wrong, or the table."""
    settings = json.loads(sys.argv[1])
    _limit_memory(settings["memory"])
    out = sys.stdout.buffer
    try:
        with pa.memory_map(settings["path"]) as held, pa.ipc.open_file(held) as file:
            out.write(b"{}\n")
            with pa.ipc.new_stream(out, file.schema) as stream:
                for place in range(file.num_record_batches):
                    batch = file.get_batch(place)
                    batch.validate(full=True)
                    stream.write_batch(batch)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        sys.stderr.write(json.dumps({"error": str(error).splitlines()[0]}))
        sys.exit(3)


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


if __name__ == "__main__":
    main()
