# The app in a container: docs/howto/app.md shows how to build and run it. The commands were run in fresh
# environments, the app as another user; the image itself has not been built yet.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY scripts/package_readme.py ./scripts/
COPY src ./src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[app]"
RUN useradd --create-home inkling
USER inkling
# Runs and corrections would be written here; training is off unless --allow-training is added.
WORKDIR /home/inkling
EXPOSE 8000
HEALTHCHECK --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["inkling", "app", "--host", "0.0.0.0", "--port", "8000", "--no-browser"]
# Behind a reverse proxy, give its name instead.
CMD ["--allow-host", "localhost"]
