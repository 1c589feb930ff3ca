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
	go test -list '^Fuzz' ./... | \
	awk '/^Fuzz/ { f[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, f[i]; n = 0 }' | \
	while read -r pkg target; do \
		echo "$$pkg $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg" </dev/null || exit 1; \
	done
