# CloudSpace Vault. `make run` starts it, `make check` proves it; the work is done by scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build admin test check format tour bench bench-engines clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, and serve on http://127.0.0.1:8080
	@scripts/run

build: ## Build the program at .build/release/cloudspace
	@scripts/build

admin: ## Make an administrator: make admin EMAIL=you@example.com
	@scripts/admin "$(EMAIL)"

test: ## Run every test: make test, or make test ARGS='--filter JournalTests'
	@scripts/test $(ARGS)

check: ## Everything that must hold before a commit (continuous integration runs this)
	@scripts/check

format: ## Format all Swift code
	@swift format format --in-place --parallel --recursive Package.swift Sources Tests

tour: ## Run the README's five-minute tour against a temporary server
	@scripts/tour

bench: ## Measure against nginx, rclone and openssl, and write bench/RESULTS.md; ARGS=--quick for a short run
	@scripts/bench $(ARGS)

bench-engines: ## Measure SQLite and disk beside PostgreSQL and S3, with one and three nodes; ARGS='--files 20000' for a short run
	@scripts/bench-engines $(ARGS)

clean: ## Remove what was built (never data/ or keys/)
	@rm -rf .build bench/work bench/work.engines
