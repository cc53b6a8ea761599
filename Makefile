# A thin door to the CMake presets. `make help` lists what there is.
PRESET ?= release
BUILD := build/$(PRESET)
JOBS ?= $(shell nproc)

.PHONY: build help setup setup-tests setup-bench demo test crash interop bench fuzz sanitize lint format clean

build: $(BUILD)/build.ninja ## build everything (after: make setup)
	@cmake --build --preset $(PRESET) -j $(JOBS)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what the build needs (Debian 12); costs nothing the second time
	@tools/setup/setup.sh

setup-tests:
	@tools/setup/setup.sh --tests

setup-bench:
	@tools/setup/setup.sh --bench

$(BUILD)/build.ninja: | setup
	@cmake --preset $(PRESET) -Wno-dev

demo: setup $(BUILD)/build.ninja ## the whole way: traffic -> usage -> a priced, proved invoice
	@cmake --build --preset $(PRESET) -j $(JOBS) --target tallyman ngx_http_tallyman_module demo-upstream load-client
	@demo/demo.sh $(BUILD)

test: setup-tests build ## the tests that CI runs
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) $(if $(LABEL),-L $(LABEL))

crash: setup-tests build ## the kill tests alone, KILLS=1000 for a campaign
	@TALLYMAN_KILLS=$(KILLS) ctest --test-dir $(BUILD) --output-on-failure -L crash

interop: setup-tests build ## outside readers on our tables
	@ctest --test-dir $(BUILD) --output-on-failure -L interop

bench: setup-bench build ## speed and memory, with the peer beside us in one run
	@cmake --build --preset $(PRESET) -j $(JOBS) --target benchmarks
	@bench/run.sh $(BUILD)

fuzz: ## libFuzzer targets, SECONDS_EACH=60 by default
	@tools/setup/setup.sh --fuzz && fuzz/run.sh

sanitize: setup-tests ## unit tests under ASan+UBSan, then the concurrent stages under TSan
	@$(MAKE) --no-print-directory PRESET=asan build && ctest --test-dir build/asan --output-on-failure -L unit
	@$(MAKE) --no-print-directory PRESET=tsan build && ctest --test-dir build/tsan --output-on-failure -L concurrent

lint: setup-tests $(BUILD)/build.ninja ## clang-format, clang-tidy, layers, repository rules
	@tools/lint.sh $(BUILD)

format: ## rewrite our sources with clang-format
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 -i

clean: ## remove build/
	@rm -rf build
