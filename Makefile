# The commands of a checkout. Each may be repeated: only what is missing is done.

BUILD ?= build
JOBS ?= $(shell ./cmake/jobs.sh)
WORKSPACE ?= workspace
N ?= 1
# Chosen when a build folder is first configured, after the packages are there; kept from then on.
GENERATOR = $(shell test -e $(BUILD)/CMakeCache.txt || { command -v ninja >/dev/null && echo "-G Ninja"; })

# One thread per process: on a CPU, processes beat threads, and spinning threads fight for cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export LOCKSTEP_PACKAGES

.NOTPARALLEL:
.PHONY: help packages test-packages configure build quickstart test unit soak bench sanitize fuzz reference format format-check pictures clean

help:  ## Show these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

packages:  ## Install the distribution packages that are missing
	@./cmake/packages.sh

test-packages:  ## The same, and what the tests look at lockstep with (a browser, shells, Python's PyTorch)
	@./cmake/packages.sh tests

# Configuring takes a second and is silent unless it fails.
configure: packages
	@mkdir -p $(BUILD)
	@cmake -S . -B $(BUILD) $(GENERATOR) $(CMAKE_FLAGS) >$(BUILD)/configure.log 2>&1 \
	  || { cat $(BUILD)/configure.log >&2; exit 1; }

build: configure  ## Build lockstep and lockstep-train into build/bin
	@cmake --build $(BUILD) -j $(JOBS) --target programs

quickstart: build  ## What does communicating less often cost? Train the shipped study and report
	@$(BUILD)/bin/lockstep run sweeps/studies/quickstart.yaml --workspace $(WORKSPACE)

test: test-packages configure  ## Build and run every test that needs no GPU
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

# SUITE=parser: only those that read what comes from outside.
SUITE ?= unit
unit: test-packages configure  ## Only the tests without LibTorch
	@cmake --build $(BUILD) -j $(JOBS) --target $(SUITE)_tests
	@ctest --test-dir $(BUILD) --output-on-failure -L $(SUITE) -j $(JOBS)

soak: configure  ## Inflict every fault on studies, N hundred times, and print what became of their runs
	@cmake --build $(BUILD) -j $(JOBS) --target soak
	@$(BUILD)/bin/soak -n $(N)

# Each compares with a peer in the same run, or with its limit, and prints PASS or FAIL; all are run.
BENCHES = bench_plan bench_status bench_import bench_frontier "bench_report 10000 200" bench_startup bench_decode bench_clock
bench: test-packages configure  ## Measure every figure of the README on this machine, which should have nothing else to do
	@cmake --build $(BUILD) -j $(JOBS)
	@failed=0; for bench in $(BENCHES); do echo "== $$bench"; $(BUILD)/bin/$$bench || failed=1; done; \
	  mpirun --allow-run-as-root --bind-to none --oversubscribe -n 2 $(BUILD)/bin/bench_allreduce || failed=1; \
	  tests/bench/bench_trainer.py --bin $(BUILD)/bin || failed=1; exit $$failed

sanitize: test-packages  ## The same under AddressSanitizer and UBSan; SUITE=parser for a quarter of the time
	@$(MAKE) unit BUILD=$(BUILD)-sanitize \
	  CMAKE_FLAGS="-DLOCKSTEP_TRAINER=OFF -DCMAKE_BUILD_TYPE=Debug -DLOCKSTEP_SANITIZE=address,undefined"

# A build of its own, by clang and its libFuzzer, at the lowest level of the house: no LibTorch. New inputs and crashes
# go to build-fuzz; TARGETS="spec records" fuzzes these only.
FUZZ = $(BUILD)-fuzz
SECONDS ?= 60
TARGETS ?=
fuzz:  ## Fuzz every parser of outside text for SECONDS=60 each, and keep what breaks it
	@./cmake/packages.sh fuzz
	@mkdir -p $(FUZZ)
	@cmake -S . -B $(FUZZ) $$(test -e $(FUZZ)/CMakeCache.txt || { command -v ninja >/dev/null && echo "-G Ninja"; }) \
	  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug -DLOCKSTEP_TRAINER=OFF \
	  -DLOCKSTEP_FUZZ=ON -DLOCKSTEP_SANITIZE=fuzzer-no-link,address,undefined >$(FUZZ)/configure.log 2>&1 \
	  || { cat $(FUZZ)/configure.log >&2; exit 1; }
	@cmake --build $(FUZZ) -j $(JOBS) --target fuzz_targets
	@tests/fuzz/run.sh $(FUZZ) tests/fuzz/corpus $(SECONDS) $(TARGETS)

reference: configure  ## Write sweeps/REFERENCE.md anew from the tables
	@cmake --build $(BUILD) -j $(JOBS) --target lockstep
	@$(BUILD)/bin/lockstep reference >sweeps/REFERENCE.md

FORMATTED = $(shell find sweeps orchestrator trainer results reports tests -name '*.cpp' -o -name '*.hpp')
format: test-packages  ## Format the sources in place
	@clang-format -i $(FORMATTED)

format-check: test-packages  ## Fail where clang-format would change something
	@clang-format --dry-run -Werror $(FORMATTED)

pictures: test-packages quickstart  ## Draw the pictures of the README from the quickstart's report (needs chromium)
	@reports/examples/pictures.sh $(WORKSPACE)/studies/quickstart/report reports/examples/quickstart

clean:  ## Remove the build, not the workspace
	@rm -rf $(BUILD) $(BUILD)-sanitize $(FUZZ)
