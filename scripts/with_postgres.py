"""Runs a command with APP_TEST_DATABASE_URL on a new server of another PostgreSQL.

`python scripts/with_postgres.py BIN_FOLDER COMMAND…`; returns the command's exit code.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.core.embedded import EmbeddedPostgres

programs, *command = sys.argv[1:]
data = Path(tempfile.mkdtemp(prefix="app-tests-"))
server = EmbeddedPostgres(data, durable=False, programs=Path(programs))
server.start()
try:
    environment = os.environ | {"APP_TEST_DATABASE_URL": server.url("postgres")}
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603 - our caller's words
finally:
    server.stop(remove=True)
sys.exit(done.returncode)
