"""The engine as a program: ``python -m hsi_film_plugin.engine``."""

import os
import sys

from .command_line import main

if __name__ == "__main__":
    # Before torch is loaded: its idle threads shall sleep, not spin. Where the cores are
    # shared, with QGIS for one, spinning makes small computations many times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main())
