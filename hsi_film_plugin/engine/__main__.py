"""The engine as a program: ``python -m hsi_film_plugin.engine``."""

import sys

from .command_line import main

if __name__ == "__main__":
    sys.exit(main())
