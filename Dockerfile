# holobench-mcp over HTTP, as a user without rights. The store is a volume at /data, or a bucket by HOLOBENCH_MCP_STORE.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /opt/holobench-mcp && /opt/holobench-mcp/bin/pip install --no-cache-dir ".[otel]"

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data holobench \
 && mkdir /data /cache && chown holobench /data /cache
COPY --from=build /opt/holobench-mcp /opt/holobench-mcp
USER 10001
WORKDIR /data
ENV PATH=/opt/holobench-mcp/bin:$PATH HOLOBENCH_MCP_STORE=/data HOLOBENCH_MCP_CACHE=/cache PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/readyz', timeout=2)"]
# Needs HOLOBENCH_MCP_READ_TOKEN or HOLOBENCH_MCP_WRITE_TOKEN, or a file of tokens: it does not start open to everybody.
ENTRYPOINT ["holobench-mcp", "serve", "--http", "--host", "0.0.0.0"]
