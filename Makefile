# Eyas: everything that is built, run and checked. `make` alone lists the targets.

export CGO_ENABLED := 0
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# make run: where the local base lies, how large the demonstration city is, and where the pages are served.
DB   ?= local/eyas.db
ROWS ?= 20000
SEED ?= 1
ADDR ?= 127.0.0.1:8080

# make bench: enterprises in the large base.
BENCH_ROWS ?= 1000000

# Where goroutines share memory; the race detector needs a C compiler. In short runs properties that one goroutine walks through are
# left out: the detector would only slow them down. None of these packages has SQLite in it, whose translated C takes longer to build
# than all of them to run: the registry and the server as a whole are watched in the long run of the tests, and so are all rules and
# the reading of files, whose goroutines share less.
RACE := ./internal/job ./internal/rule/list ./internal/registry/derive
RACE_WHOLE := Upon|EnterNew|Meanwhile|Together|Import|Preview|Undo|Blocks|Link$$|Moments|^TestServe
# The translated C of SQLite has no goroutines of its own, and would be most of what the detector watches: it is built without.
NORACE := -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

# What builds and checks may use the memory that there is; the programs that are tested may not. Their bases lie in memory where there
# is room for them: a third of the time went into waiting for the disk. No test needs it: a process that is killed loses no written page.
LAVISH := GOGC=400 GOMEMLIMIT=3GiB
FRUGAL = -exec "env -u GOGC -u GOMEMLIMIT TMPDIR=$$scratch"
SCRATCH := free=$$(df --output=avail -BG /dev/shm 2>/dev/null | tr -dc 0-9); \
	scratch=$$(if [ "$${free:-0}" -ge 8 ]; then mktemp -d /dev/shm/eyas.XXXXXX; else mktemp -d; fi); chmod 711 "$$scratch"; trap 'rm -rf "$$scratch"' EXIT

# Packages whose tests take longest begin first, so that none of them runs alone at the end. Those of the browser and of the server
# wait for others half of the time: three packages at once keep two cores busy.
LONG := ./internal/web/e2e ./internal/registry ./cmd/eyas ./internal/web

.DEFAULT_GOAL := help
.PHONY: help setup assets build run test race soak check bench screenshots dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the Debian packages that the tests drive (Chromium, fonts, PostgreSQL)
	@.ci/setup

assets: ## generate and bundle all that is built and not committed
	@go run ./internal/web/assets/build

build: assets ## build bin/eyas
	@go build -trimpath -ldflags '$(LDFLAGS)' -o bin/eyas ./cmd/eyas

run: build $(DB).filled ## build, fill a local base with a demonstration city when there is none, and serve it
	@bin/eyas serve --db $(DB) --addr $(ADDR)

# The mark is written last: a filling that was interrupted is taken up again.
$(DB).filled: | build
	@mkdir -p $(@D)
	@bin/eyas demo --db $(DB) --rows $(ROWS) --seed $(SEED) --people
	@touch $@

test: setup assets race ## run all tests: both databases, and every journey in a browser
	@$(SCRATCH); $(LAVISH) EYAS_TEST_POSTGRES=require go test -vet=off $(FRUGAL) -p 3 -timeout 30m $(LONG) ./...

race: assets
	@if command -v gcc >/dev/null; then \
	  echo "race detector: $(RACE)"; \
	  $(SCRATCH); $(LAVISH) CGO_ENABLED=1 go test -vet=off -race -short $(FRUGAL) -timeout 10m $(RACE) -rapid.checks=20; \
	else echo "race detector: skipped, there is no C compiler"; fi

soak: setup assets ## run the long forms of the tests: hostile files, kills, damage, memory, load (an hour)
	@if command -v gcc >/dev/null; then CGO_ENABLED=1 go test -race $(NORACE) -short -timeout 30m ./internal/registry ./internal/registry/intake ./internal/rule; \
	  CGO_ENABLED=1 go test -race $(NORACE) -short -timeout 30m -run '$(RACE_WHOLE)' ./cmd/eyas; fi
	@EYAS_SOAK=1 EYAS_TEST_POSTGRES=require go test -count=1 -timeout 120m -run 'Soak|InBlocks|PlanIsCheapest|Hostile|Killed|Memory|Damaged|OddAddresses|PlantedTexts|EveryLinkAnswers|UntouchedAmounts|EveryRouteRefuses|NoRouteLeads|HistoryDoesNotMatter|RowByRow|JoinsAreUndone|Journeys|Walks|ServersOfOneBase|Invisible|NothingOfAnother|PagesOfPeople' ./...

check: assets ## formatting, vet, staticcheck, licences, known vulnerabilities, and the pack with its own tests
	@bad=$$(git ls-files -z '*.go' | xargs -0 gofmt -l); [ -z "$$bad" ] || { echo "not formatted with gofmt:"; echo "$$bad"; exit 1; }
	@$(LAVISH) go run ./internal/lint ./...
	@go run ./internal/web/assets/build -licences check
	@if [ -n "$(EYAS_VULNDB)" ]; then go tool govulncheck -db 'file://$(abspath $(EYAS_VULNDB))' ./...; \
	else echo "known vulnerabilities: skipped; EYAS_VULNDB names no folder with a copy of the Go vulnerability database (https://vuln.go.dev/vulndb.zip, unpacked)"; fi
	@go run ./cmd/eyas pack check
	@go run ./cmd/eyas pack test

bench: assets ## measure speed and size at a million enterprises and print the table
	@EYAS_BENCH_ROWS=$(BENCH_ROWS) go run ./internal/bench

screenshots: setup assets ## write every page at 1440 and 390 px in both languages to screenshots/, and the README's own
	@EYAS_SCREENSHOTS=$(CURDIR)/screenshots go test -count=1 -timeout 10m -run '^TestScreenshots$$' ./internal/web/e2e
	@cp screenshots/ladder-1440-zh-CN.png docs/screenshot.png

dist: assets ## static binaries for linux/amd64, arm64 and loong64 in dist/
	@mkdir -p dist
	@for arch in amd64 arm64 loong64; do \
	  GOOS=linux GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o dist/eyas-linux-$$arch ./cmd/eyas; \
	done
	@cd dist && sha256sum eyas-linux-* > SHA256SUMS && ls -l

clean: ## remove what was built (the local base in local/ stays)
	@rm -rf bin dist screenshots
	@find internal/web/assets/dist internal/registry/place/data -type f ! -name .keep -delete
