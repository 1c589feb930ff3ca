.PHONY: check test bench fuzz build

FUZZTIME ?= 1m
COUNT ?= 6

check: ## everything that a change has to pass
	.ci/run

test:
	go test ./...

build:
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

bench: ## give the output of two runs to benchstat
	go test -run '^$$' -bench . -benchmem -count $(COUNT) ./...

fuzz: ## every fuzz target for FUZZTIME
	FUZZTIME=$(FUZZTIME) .ci/run fuzz
