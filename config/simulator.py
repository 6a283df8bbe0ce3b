"""Meta's simulator by itself: `python -m config.simulator --port 8001`. It loads none of the apps: a quarter of the memory."""

import os
import sys
from argparse import ArgumentParser

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

from config.core.clock import now
from providers.meta.simulator.serving import arguments, serve

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    arguments(parser)
    given = parser.parse_args()
    sys.exit(serve(clock=now, host=given.host, port=given.port, state=given.state))
