"""A fresh process: reads what to measure as JSON, writes one JSON line.

`python -m benchmarks.child '{"task": "shap", "who": "shap", "size": {…}, …}'`; run.py starts it,
with the threads limited and the interpreter of the contender's environment.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .sizes import Size


@dataclass(frozen=True)
class Job:
    """One measurement to make. `threads` 1 also means one core; `answer` keeps the answer."""

    task: str
    who: str
    size: Size
    threads: int
    answer: str = ""

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Back from the command line."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "size": Size(**fields["size"])})


def main(text: str) -> None:
    """Does the job and prints its measurement."""
    job = Job.from_json(text)
    if job.threads == 1 and hasattr(os, "sched_setaffinity"):
        # the last core: the first is where most else of a machine's work ends up
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # only now, since numerical libraries count the cores when they are loaded
    from .measure import measure
    from .tasks import find
    from .world import load

    contender = find(job.task).find(job.who)
    path = Path(job.answer) if job.answer else None
    found = measure(contender, load(job.size, job.threads), path)
    print(json.dumps(found.as_dict()))


if __name__ == "__main__":
    main(sys.argv[1])
