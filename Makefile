# Steward: `make` lists the targets. Everything works on a fresh Debian 12 with Go, gcc and git.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
TOOL := go tool -modfile=tools/dev/go.mod
# Two test binaries at once: each may start servers of its own.
TEST_FLAGS ?= -timeout 30m -p 2

.PHONY: help setup tools build run test check fmt-check generate fmt smoke test-evil bench-engine bench-turn bench-idle bench-gateway-ack bench-knowledge bench-extractive fuzz clean replay-tau

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## check what the machine needs, and install Postgres when we are root
	@tools/setup.sh

tools: ## build bin/temporal and bin/weaviate (some minutes the first time)
	@tools/build.sh temporal github.com/temporalio/cli/cmd/temporal STEWARD_TEMPORAL_BIN
	@tools/build.sh weaviate github.com/weaviate/weaviate/cmd/weaviate-server STEWARD_WEAVIATE_BIN

build: ## build bin/steward and bin/steward-worker
	@echo "build: bin/steward, bin/steward-worker (version $(VERSION))"
	@mkdir -p bin
	@go build -ldflags '$(LDFLAGS)' -o bin/steward ./starter
	@go build -ldflags '$(LDFLAGS)' -o bin/steward-worker ./worker

run: setup tools build ## set everything up and start Steward; Ctrl-C stops it
	@STEWARD_DEV=1 exec bin/steward dev

test: setup tools ## run all tests, also those on real servers
	go test $(TEST_FLAGS) ./...

check: fmt-check ## format, static checks, architecture rules, generated files up to date
	go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) workflowcheck ./workflows/...
	$(TOOL) sqlc diff
	go test -count=1 ./internal/arch/... ./internal/config

fmt-check:
	@unformatted=$$($(TOOL) gofumpt -l .); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run 'make fmt':"; echo "$$unformatted"; exit 1; fi

generate: ## write generated code and reference pages anew
	$(TOOL) sqlc generate
	go test -count=1 ./internal/config -run TestEnvironmentPage -update
	go test -count=1 ./starter -run TestCommandReference -update
	go test -count=1 ./starter/api -run TestDocument -update
	go test -count=1 ./internal/arch -run TestSpecCoverage -update

fmt: ## format all Go files
	$(TOOL) gofumpt -w .

smoke: build ## try the running Steward end to end (start it with `make run`)
	go run ./bench/smoke

test-evil: setup tools ## attack the engine with an evil model (DATA=folder with prompt-injection and naughty-strings tries all texts)
	STEWARD_EVIL_DATA="$(abspath $(DATA))" go test -C internal/testkit/evil -count=1 -timeout 60m

bench-engine: setup tools build ## measure what the engine adds to a turn with 0, 1 and 3 actions
	go run ./bench/engine

bench-turn: setup tools build ## measure a turn against a bare Temporal turn
	go run ./bench/turn

bench-idle: setup tools build ## measure history and memory of idle conversations
	go run ./bench/idle

bench-gateway-ack: setup tools build ## measure how fast incoming messages are acknowledged
	go run ./bench/gateway-ack

bench-knowledge: setup tools build ## measure reading a site, finding passages, and extraction (DATA=folder with the retrieval and page sets)
	go run ./bench/knowledge
	go run ./bench/retrieval -data "$(DATA)"
	go run ./bench/extract $(if $(DATA),-data "$(DATA)/readability-pages",-phrases)

bench-extractive: ## measure the answer finder's quality and speed (DATA=folder with banking77 and retrieval-xquad)
	go run ./bench/extractive -data "$(DATA)"

KILLS ?= 8
SEED ?= 1
replay-tau: setup tools build ## replay recorded conversations, also with a worker that is killed (DATA=folder with tau-airline-replay and tau-retail)
	go run ./bench/replay-tau -data "$(DATA)" -kills $(KILLS) -seed $(SEED)

FUZZ_TIME ?= 1m
fuzz: ## run every fuzz target for a minute each (FUZZ_TIME)
	@tools/fuzz.sh $(FUZZ_TIME)

clean: ## remove the programs and all local data
	@case "$$(readlink .data/postgres || true)" in /var/lib/steward-dev/*/postgres) rm -rf "$$(dirname "$$(readlink .data/postgres)")" ;; esac
	rm -rf bin .data
