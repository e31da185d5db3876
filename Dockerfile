# Steward's two programs in one image, without a shell. The second stage has CA certificates and no more; time zones
# are built into the programs.
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

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/steward /out/steward-worker /
# A volume on /data takes over this owner: the programs run as user 65532.
COPY --from=build --chown=65532:65532 /out/data /data
ENV STEWARD_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --retries=3 CMD ["/steward", "healthcheck", "--addr", "127.0.0.1:8080"]
ENTRYPOINT ["/steward"]
CMD ["serve"]
