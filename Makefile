# make run   everything at once: build, start, a cluster, a training job, its result
# make test  everything that must pass; what CI runs
# Needs Go, Python 3 with venv, and git; for the web studio and the tests Node.js 20 with
# npm. The scripts install or name what is missing.

export CGO_ENABLED := 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOL := go tool -modfile=tools/go.mod
DATA := $(or $(ATELIER_DATA_DIR),.atelier)

.PHONY: build run test test-short bench check gen pictures clean

build: ## bin/atelier: server, web studio, node agent and command line in one static file
	scripts/web build
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/atelier ./cmd/atelier

run: build ## the example job on a cluster that grows from zero; serves until Ctrl-C
	scripts/run "$(DATA)"

test: check build ## all tests, from the vocabulary to the real binary and the examples
	scripts/need-clients
	scripts/need-system
	go test -run '^$$' ./... >/dev/null
	go test -p 1 -timeout 50m ./...
	scripts/test-examples
	scripts/web test

test-short: ## the inner loop: under two minutes
	go vet ./...
	go test -short -timeout 5m ./...
	scripts/web unit

bench: build ## the budgets of docs/performance.md, measured; BENCH=short for a quick pass
	go run ./bench -atelier bin/atelier $(if $(filter short,$(BENCH)),-short)
	scripts/web bench

check: ## formatter, vet, static analysis, modules, generated files
	scripts/check

gen: ## what is generated and kept in git
	scripts/notice > NOTICE
	go test ./internal/cli -run TestReference -update
	go test ./internal/azureml -run TestOpenAPIFile -update
	scripts/web gen

pictures: build ## docs/images/studio-*.png, taken of the real thing in a browser
	scripts/web pictures

clean: ## leaves the data directory alone
	rm -rf bin test/results
