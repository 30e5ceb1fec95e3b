# What people run. `make` alone says so.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run test fmt clippy doc unit schemathesis-bounded schemathesis crash abuse bench bench-ancestor tools ingress-tools

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

run: ## Everything in one process, with demo stores
	cargo run --release

test: fmt clippy doc unit schemathesis-bounded ## Formatting, lints, documents and every test
	@echo "everything passed"

fmt: ## Check the formatting
	cargo fmt --all --check

clippy: ## Lints
	cargo clippy --workspace --all-targets --locked -- -D warnings

doc: ## The code's own documents
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

unit: ingress-tools ## Every test
	cargo test --workspace --locked

schemathesis-bounded: ## The running system against its description, 50 s; installs Schemathesis into target/
	tools/schemathesis

schemathesis: ## The same for as long as it takes, with new luck each time
	tools/schemathesis --everything --examples 50

crash: ## The crash test alone, with its story: 20 kills under load
	BAEDAL_TEST_KILLS=20 cargo test --locked -p baedal --test crash -- --nocapture

abuse: ## The abuse test alone, with its figures, ten times as much of everything
	BAEDAL_ABUSE=long cargo test --locked -p baedal --test abuse -- --nocapture

bench: tools ## Orders, status reads and journeys beside the bare limit, into docs/performance.md
	bench/run

bench-ancestor: tools ## The family's load test and worse payments, 6 min, into docs/performance.md
	bench/ancestor

tools: ## Install what bench needs beyond cargo, or name it
	@bench/tools

ingress-tools: ## Install what the tests of the ingress need beyond cargo (nginx, Caddy), or name it
	@deploy/ingress/tools
