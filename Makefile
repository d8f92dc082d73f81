# Terminvergabe: build, run, test. `make help` lists the targets.

ifeq ($(shell command -v go),)
$(error Go is missing. Install Go 1.26 or newer: https://go.dev/dl/)
endif

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build run test check look bench prove kern fonts altcha clean tools vet

export CGO_ENABLED := 0
export GOFLAGS     := $(GOFLAGS) -buildvcs=false

VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0

# The version of what is committed of others under ui/static.
STANDS = $(shell sed -nE 's/.*`@?[a-z/-]+` ([0-9.]*[0-9]).*/\1/p' ui/static/$(1)/README.md)

# Alone the tests may take their time; in CI they end before CI ends them.
DEADLINE := $(if $(filter true,$(CI)),timeout --kill-after=10s 27m)
GOTEST    = $(DEADLINE) go test -json -p 2 -timeout 26m $(1) ./... | go run .ci/summary.go

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

build: ## one static binary: bin/terminvergabe
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/terminvergabe ./cmd/terminvergabe

run: build ## the demo: a ready county, no configuration (ARGS="--listen 127.0.0.1:9000")
	bin/terminvergabe demo $(ARGS)

test: tools vet ## all tests, on SQLite and PostgreSQL
	$(call GOTEST,)

check: test ## test, and format, static analysis, race detector, known vulnerabilities
	@unformatted=$$(gofmt -l cmd internal ui *.go .ci); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	go run $(STATICCHECK) ./...
	@if command -v gcc >/dev/null; then export CGO_ENABLED=1; $(call GOTEST,-race); \
	else echo '*** SKIPPED: the race detector needs gcc ***'; fi
	@.ci/vulnerabilities $(GOVULNCHECK)

look: tools ## axe-core at every page in every language, size and colour (half an hour)
	TERMINVERGABE_EVERY_LOOK=true go test -count=1 -timeout 60m -run '^TestAccessibility$$' -v ./cmd/terminvergabe

bench: ## what this machine can do, and what of it we use (ARGS="-only book -growth 10000000")
	go run ./internal/bench $(ARGS)

prove: tools ## what may never happen, tried: races, crashes, power loss (20 minutes)
	go run ./internal/prove $(ARGS)

kern: ## renew KERN's stylesheet (KERN=2.8.0: another version; needs npm)
	.ci/assets kern $(or $(KERN),$(call STANDS,kern))

fonts: ## renew the fonts (FIRA=5.4.0: another version; needs npm)
	.ci/assets fonts $(or $(FIRA),$(call STANDS,fonts))

altcha: ## renew ALTCHA's widget (ALTCHA=3.2.3: another version; needs npm)
	.ci/assets altcha $(or $(ALTCHA),$(call STANDS,altcha))

clean: ## remove what was built
	rm -rf bin

tools: # what the tests need beside Go
	@.ci/tools

vet:
	go vet ./...
