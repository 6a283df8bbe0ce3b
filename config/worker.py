"""A worker of threads in one process: `python -m config.worker NAME [QUEUE]`, for `manage.py serve`.

The same as Celery's command line, which loads a shell for people with it: 9 MB a process.
"""

import sys

from celery.utils.nodenames import default_nodename

from config.celery import app

THREADS = 4


def run(name: str, *queues: str) -> int:
    """Work until told to stop; return the exit code. The time limits stand in the HTTP and mail clients."""
    worker = app.Worker(
        hostname=default_nodename(f"{name}@"),
        pool_cls="threads",
        concurrency=THREADS,
        queues=list(queues) or None,
        loglevel="WARNING",
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
