# The few commands of this project; `make help` lists them. What they do is in ops/setup/.

export CARGO_TARGET_DIR ?= $(HOME)/.cache/sockerless/target
export DEBIAN_FRONTEND = noninteractive
SETUP = ops/setup
PATHS = . ./$(SETUP)/paths.sh

CONFORMANCE = tests/conformance

# On a disk: a sync of memory would measure nothing.
BENCH_FOLDER = $(HOME)/.cache/sockerless/bench

# How long `make torture` goes on.
BUDGET = 60m

CASES = 100

.PHONY: help up down test bench torture planted conformance conformance-diff conformance-record schema matrix dashboard build fmt clean
.DEFAULT_GOAL = help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 26

up: ## install what is missing, build, start, and run a first container
	@$(SETUP)/up.sh

down: ## stop the server and its containers, and leave nothing behind
	@$(SETUP)/down.sh

build: ## server, shim and engine of WebAssembly, release profile
	@$(SETUP)/install.sh build
	@$(SETUP)/build.sh

test: ## every test
	@$(SETUP)/install.sh build run registry compose podman5 languages dashboard
	@$(SETUP)/test.sh

bench: ## the benchmark table, beside dockerd and a responder of constants
	@$(SETUP)/install.sh build run peer
	@$(SETUP)/build.sh
	@mkdir -p $(BENCH_FOLDER)
	@$(PATHS) && TMPDIR=$(BENCH_FOLDER) cargo run --quiet --release -p tests-bench -- --plots docs/bench $(ARGS)

torture: ## the long forms of the suites for BUDGET=60m, into the report docs/torture.md; ARGS='--only kill-loop'
	@$(SETUP)/install.sh build run
	@$(SETUP)/build.sh
	@$(PATHS) && cargo run --quiet --release -p tests-torture -- --budget $(BUDGET) $(ARGS)

planted: ## plants one bug after the other in a build of its own; the suites must catch each (docs/planted-bugs.md)
	@$(SETUP)/install.sh build
	@$(SETUP)/rocksdb.sh
	@$(PATHS) && cargo run --quiet --release -p tests-torture -- planted --target $$CARGO_TARGET_DIR/planted $(ARGS)

conformance: ## the acceptance rows: ours and a stock dockerd into the support matrix, or ENDPOINT=unix:///…
	@$(SETUP)/conformance.sh $(ENDPOINT)

conformance-diff: ## what differs between a stock dockerd and ours in the answers to scripts of calls; ARGS='--only exec'
	@$(SETUP)/install.sh build run peer
	@$(SETUP)/build.sh
	@$(PATHS) && cargo run --quiet --release -p tests-differ -- compare dockerd sockerless --scripts tests/differ/scripts $(ARGS)

conformance-record: ## the scripts of calls anew, as the clients that are installed send them to a stock dockerd; ARGS='--only compose'
	@$(SETUP)/install.sh build run peer
	@$(PATHS) && cargo run --quiet --release -p tests-differ -- record dockerd --commands tests/differ/commands --scripts tests/differ/scripts $(ARGS)

schema: ## what the schema of the API allows and does not, against a server of its own; CASES=1000 of each operation
	@$(SETUP)/install.sh build run
	@$(SETUP)/build.sh
	@$(SETUP)/schema.sh $(CASES)

matrix: ## the support matrix anew, of the results there are
	@$(PATHS) && cargo run --quiet --release -p tests-conformance -- matrix $(CONFORMANCE)/results --write $(CONFORMANCE)/MATRIX.md

dashboard: ## the operations page anew, of its sources, into ops/dashboard/dist
	@$(SETUP)/install.sh dashboard
	@$(SETUP)/dashboard.sh build

fmt: ## format all code
	@$(PATHS) && cargo fmt --all

clean: ## remove what was built
	@$(PATHS) && cargo clean
