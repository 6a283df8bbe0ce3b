#!/usr/bin/env python
"""Portero's command line: `./manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    """Run one management command with the settings of `config.settings.base` unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
