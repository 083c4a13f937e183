"""Tests of the house, over its doors."""

import gc

gc.disable()  # while all is imported and collected nothing goes again; conftest begins to collect
