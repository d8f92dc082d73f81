# Terminvergabe: build, run, test. `make help` lists the targets.

ifeq ($(shell command -v go),)
$(error Go is missing. Install Go 1.26 or newer: https://go.dev/dl/)
endif

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build run test check look pictures bench prove abuse fuzz deb repro trial kern fonts altcha clean tools vet

export CGO_ENABLED := 0
# Without tables for debuggers a test is linked in a third of the time.
export GOFLAGS     := $(GOFLAGS) -buildvcs=false -ldflags=-w

VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
GOBUILD      = go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# A package is as old as its commit, so that anybody builds the same bytes from it; untagged
# it is older than any release.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
DEBVERSION  := $(or $(shell sed -nE 's/^v?([0-9].*\..*)/\1/p' <<<'$(VERSION)' | tr - +),0~$(shell date -ud @$(SOURCE_DATE_EPOCH) +%Y%m%d%H%M%S).$(subst -,+,$(VERSION)))
MAINTAINER  ?= Terminvergabe <terminvergabe@example.org>
DEBARCHS    := amd64 arm64

# The version of what is committed of others under ui/static.
STANDS = $(shell sed -nE 's/.*`@?[a-z/-]+` ([0-9.]*[0-9]).*/\1/p' ui/static/$(1)/README.md)

# Alone the tests may take their time; in CI they end before CI ends them.
DEADLINE := $(if $(filter true,$(CI)),timeout --kill-after=10s 28m)
GOTEST    = $(DEADLINE) go test -json -p 2 -timeout 27m $(1) ./... | go run .ci/summary.go

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

build: ## one static binary: bin/terminvergabe
	$(GOBUILD) -o bin/terminvergabe ./cmd/terminvergabe

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

deb: build ## Debian packages for amd64 and arm64, into bin (MAINTAINER="Name <mail>")
	@rm -rf bin/deb && mkdir -p bin/deb
	.ci/deb/config <config.example.yaml >bin/deb/config.yaml
	go run .ci/copyright.go >bin/deb/copyright
	bin/terminvergabe version --sbom >bin/deb/sbom.json
	@day=$$(date -ud @$(SOURCE_DATE_EPOCH) +%F); bin/terminvergabe help | .ci/deb/man '$(VERSION)' $$day | gzip -9n >bin/deb/terminvergabe.1.gz; \
	printf 'terminvergabe (%s) unstable; urgency=medium\n\n  * Built from %s.\n\n -- %s  %s\n' '$(DEBVERSION)' '$(VERSION)' '$(MAINTAINER)' \
		"$$(date -uRd @$(SOURCE_DATE_EPOCH))" | gzip -9n >bin/deb/changelog.gz
	GOBIN=$(CURDIR)/bin GOFLAGS= go install $(NFPM)
	@for arch in $(DEBARCHS); do \
		GOARCH=$$arch $(GOBUILD) -o bin/deb/$$arch/terminvergabe ./cmd/terminvergabe; \
		ARCH=$$arch DEBVERSION='$(DEBVERSION)' MAINTAINER='$(MAINTAINER)' \
			bin/nfpm package --config .ci/nfpm.yaml --packager deb --target bin/; \
	done
	@sha256sum bin/*.deb

repro: ## build twice, elsewhere and otherwise, and compare the bytes
	@.ci/repro

trial: ## the package on a machine of its own: installed, used, upgraded, removed (root, Debian)
	@.ci/trial

look: tools ## axe-core at every page in every language, size and colour (half an hour)
	TERMINVERGABE_EVERY_LOOK=true go test -count=1 -timeout 60m -run '^TestAccessibility$$' -v ./cmd/terminvergabe

pictures: tools ## take the pictures of the handbook anew, from the demo
	@mkdir -p ui/docs/pictures
	@[ ! -d /usr/lib/chromium/locales ] || [ -e /usr/lib/chromium/locales/de.pak ] || echo '*** dates will look American: apt-get install chromium-l10n ***'
	LANGUAGE=de TERMINVERGABE_PICTURES=$(CURDIR)/ui/docs/pictures go test -count=1 -timeout 10m -run '^TestBrowser$$/^handbook$$' ./cmd/terminvergabe

bench: ## what this machine can do, and what of it we use (ARGS="-only book -growth 10000000")
	go run ./internal/bench $(ARGS)

prove: tools ## what may never happen, tried: races, crashes, power loss (20 minutes)
	go run ./internal/prove $(ARGS)

abuse: tools ## the catalogue of abuse, and how each case is refused
	@mkdir -p bin
	@TERMINVERGABE_ABUSE_TABLE=$(CURDIR)/bin/abuse.md go test -count=1 -timeout 20m ./internal/abuse; status=$$?; cat bin/abuse.md; exit $$status

fuzz: ## every parser of foreign input, ten minutes each (FUZZTIME=1m; FUZZERS=4: at a time)
	.ci/fuzz

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
