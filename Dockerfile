# Builds the wheel in one stage and runs it, as nobody in particular, in another.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY migrations ./migrations
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.11-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels easel && rm -r /wheels \
    && useradd --create-home --uid 1000 easel && mkdir /data && chown easel /data
USER easel
WORKDIR /data
VOLUME /data
ENV DATABASE_URL=sqlite+aiosqlite:////data/easel.db PYTHONUNBUFFERED=1
# `docker stop` sends SIGTERM, on which the bot closes everything within ten seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["easel"]
CMD ["run"]
