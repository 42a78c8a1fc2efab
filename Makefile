# What one does with Portico's source. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 20s
BENCHTIME ?= 2s
OUT ?= screenshots

BODIES ?= 10000

# The race detector for all code but SQLite's, which is C in Go's clothes: looking
# at each of its reads and pointers took nine tenths of the tests' time.
RACE := -race -gcflags='modernc.org/...=-race=false -d=checkptr=0'

.PHONY: help build test test-a11y screenshots lint bench fuzz hostile tools

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

build: ## build the binary into bin/
	go build -o bin/portico ./cmd/portico

tools: ## install what the tests need (as root), or say what is missing
	@./scripts/tools

test: tools ## run all tests with the race detector
	go test $(RACE) -timeout 30m ./...

test-a11y: tools ## look at every page in a browser: themes, languages, widths, accessibility
	AXE="$$(./scripts/axe)" PORTICO_REQUIRE_BROWSER=1 go test -count=1 -timeout 15m -run 'Matrix|Axe|InABrowser' ./webtest ./e2e ./webui/...

screenshots: tools ## write pictures of every page into OUT
	PORTICO_REQUIRE_BROWSER=1 PORTICO_SCREENSHOTS="$(abspath $(OUT))" go test -count=1 -timeout 30m -run 'Screenshots|InABrowser' ./e2e ./webui/console/...

lint: ## check form and style
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'not formatted: run gofmt -w on these files'; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	@./scripts/generated

bench: ## run the benchmarks that stand behind the figures in docs/performance.md
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -timeout 60m ./...

fuzz: ## fuzz every parser for FUZZTIME each
	@./scripts/fuzz $(FUZZTIME)

hostile: tools ## send BODIES random bodies by the contracts' schemas to every operation
	PORTICO_RANDOM_BODIES=$(BODIES) go test -count=1 -timeout 4h -run 'TestHostile(Management|Portal|Classic)$$' ./e2e
