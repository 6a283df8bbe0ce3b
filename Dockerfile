# One image, several roles: see deploy/entrypoint.

FROM python:3.13-slim AS builder
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTERO_MODE=production \
    PORTERO_VAR=/srv/portero/var \
    STATIC_ROOT=/srv/portero/static
RUN useradd --system --uid 10001 --home-dir /srv/portero --shell /usr/sbin/nologin portero
WORKDIR /srv/portero
COPY --from=builder /opt/venv /opt/venv
COPY . .
# Collecting needs complete settings, but none of these values stays in the image. var/ belongs to the service's user, so
# that a volume mounted there is writable.
RUN SECRET_KEY=only-while-building ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:////tmp/unused.sqlite3 \
    BROKER_URL=memory:// PORTERO_VAR=/tmp/var python manage.py collectstatic --noinput --verbosity 0 \
 && rm -rf /tmp/var \
 && install -d -o portero -g portero var
USER portero
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
ENTRYPOINT ["deploy/entrypoint"]
CMD ["web"]
