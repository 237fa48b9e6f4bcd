"""What all tests need: the package imported first, and Ctrl-C heard.

Pytest would take a checkout of the same name for the package.
"""

import signal

import hsi_film_plugin  # noqa: F401

# A run in the background may begin with Ctrl-C ignored, which children would inherit: the tests
# that interrupt a process need it to be heard. Handlers, unlike ignored signals, end with exec.
signal.signal(signal.SIGINT, signal.default_int_handler)
