.PHONY: check test bench profile fuzz build

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

profile: ## measure anew which calls Go's compiler is to make fast (docs/speed.md)
	mkdir -p bin
	go test -run '^$$' -bench 'Programs|Numbers' -benchtime 0.4s -cpuprofile bin/programs.prof -o bin/programs.test ./internal/hostexec
	go test -run '^$$' -bench 'Check|Combine' -benchtime 4s -cpuprofile bin/compiler.prof -o bin/compiler.test ./internal/luac
	go run ./internal/dev/profile -o cmd/moonlet/default.pgo bin/programs.prof bin/compiler.prof

fuzz: ## every fuzz target for FUZZTIME
	FUZZTIME=$(FUZZTIME) .ci/run fuzz
