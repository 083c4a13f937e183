# syntax=docker/dockerfile:1
# One image for web, worker and migrations: the command says which. Settings are APP_… variables;
# no secret and no database is inside. `python -m app --help` lists the commands.

FROM python:3.13-slim AS packages
WORKDIR /build
COPY pyproject.toml ./
COPY scripts/lock.txt scripts/requirements.py ./scripts/
# A package index of your own is handed in as a secret: docker build --secret id=pip,src=pip.conf
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m venv /srv/venv \
    && python scripts/requirements.py > requirements.txt \
    && /srv/venv/bin/pip install --no-cache-dir --no-compile --requirement requirements.txt --constraint scripts/lock.txt \
    && /srv/venv/bin/pip uninstall --yes pip

FROM python:3.13-slim
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENVIRONMENT=production \
    APP_HOST=0.0.0.0 \
    APP_DATA_DIR=/srv/data
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin app \
    && install --directory --owner app /srv/data
COPY --from=packages /srv/venv /srv/venv
WORKDIR /srv/app
COPY alembic.ini ./
COPY migrations ./migrations
COPY openapi/openapi.json ./openapi/
COPY app ./app
# What each of these saves: docs/decisions/0016.
ENV PYTHONOPTIMIZE=2 \
    MALLOC_MMAP_THRESHOLD_=131072
# Some files of libraries are no code.
RUN python -X no_debug_ranges -m compileall -qq /srv/venv "$(python -c 'import os; print(os.path.dirname(os.__file__))')" || true
RUN python -X no_debug_ranges -m compileall -q app migrations
USER 10001
VOLUME /srv/data
EXPOSE 8000
STOPSIGNAL SIGTERM
# For the web process; compose.yaml says what is healthy for the worker.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('APP_PORT', 8000)}/health/live\", timeout=2)"]
CMD ["python", "-m", "app", "serve"]
