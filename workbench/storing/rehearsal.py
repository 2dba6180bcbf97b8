"""Opens a saved model in a process of its own, where a crafted file can do no harm.

Trees that were tampered with crash the interpreter, loop for ever or take all memory, whatever is
checked beforehand. Here they take down this process alone, which has a limit and then ends. Run as
a script, by its path: `python -I rehearsal.py FOLDER BYTES < model.whence.zip`.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """One line tells whether the model opened and answered, or why it was refused."""
    sys.path.insert(0, sys.argv[1])
    _limit_memory(int(sys.argv[2]))
    from workbench.errors import AnalysisError
    from workbench.storing.restore import opened, restored

    try:
        restored(opened(sys.stdin.buffer.read(), "The file"))
        told = {"opened": "yes"}
    except AnalysisError as error:
        told = {"message": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(told))


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


if __name__ == "__main__":
    main()
