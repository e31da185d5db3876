# Steward's two programs in two images. `worker` also has what reads PDF files, scans, videos and pages that need
# scripts. `server`, which `docker build .` makes, has CA certificates and no more, not even a shell. Time zones are
# built into the programs.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY activities ./activities
COPY internal ./internal
COPY schemas ./schemas
COPY starter ./starter
COPY worker ./worker
COPY workflows ./workflows
ARG VERSION=dev
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/steward ./starter \
 && go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/steward-worker ./worker \
 && mkdir /out/data

FROM debian:bookworm-slim AS worker
# The worker finds them on the PATH; no setting names them.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates chromium ffmpeg poppler-utils tesseract-ocr \
      tesseract-ocr-deu tesseract-ocr-eng tesseract-ocr-fra tesseract-ocr-ita tesseract-ocr-spa tesseract-ocr-swe \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/steward /out/steward-worker /
USER 65532:65532
ENTRYPOINT ["/steward-worker"]

FROM gcr.io/distroless/static-debian12:nonroot AS server
COPY --from=build /out/steward /out/steward-worker /
# A volume on /data takes over this owner: the programs run as user 65532.
COPY --from=build --chown=65532:65532 /out/data /data
ENV STEWARD_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --retries=3 CMD ["/steward", "healthcheck", "--addr", "127.0.0.1:8080"]
ENTRYPOINT ["/steward"]
CMD ["serve"]
