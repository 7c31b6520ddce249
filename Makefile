# The two commands a newcomer needs are `make run` and `make test`; `make check` is the whole gate.
# Random tests try a tenth of their examples there, and all of them in `make thorough`.
PYTHON ?= python3
SAMPLE ?= fan-out
FUZZ_SECONDS ?= 600
SEED ?= 1
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test thorough check format fuzz bench performance components picture pictures documents native native-check \
	fast fast-native fast-tree fast-test clean

run: $(READY)
	cd sample_flows/$(SAMPLE) && $(abspath $(BIN))/torvyn-studio

test: $(READY)
	$(BIN)/pytest

thorough: $(READY)
	$(BIN)/pytest --hypothesis-profile=thorough

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Hostile input for ten minutes, from a seed: make fuzz FUZZ_SECONDS=60 SEED=7
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.fuzzing --seconds $(FUZZ_SECONDS) --seed $(SEED)

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.calls.routed_call
	$(BIN)/python -m tests.benchmarks.engine.engine_hops
	$(BIN)/python -m tests.benchmarks.screen.graph_drawing

# docs/performance.md with its plots: everything is measured, in a few minutes on a machine that has
# nothing else to do. PERFORMANCE=--quick tries it, PERFORMANCE=--draw only draws again.
performance: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[plots]"
	$(BIN)/python -m tests.benchmarks.performance $(PERFORMANCE)

# The native call layer, built and installed into the environment; wants the toolchain that
# runtime/wasm/native/toolchain.sh looks for.
native: $(READY)
	runtime/wasm/native/toolchain.sh install $(abspath $(BIN))

native-check:
	runtime/wasm/native/toolchain.sh check

# The studio with its engine compiled, in an environment of its own: .venv-fast/bin/torvyn-studio.
# Wants a C compiler.
fast:
	test -x .venv-fast/bin/pip || $(PYTHON) -m venv .venv-fast
	TORVYN_STUDIO_COMPILED=1 .venv-fast/bin/pip install --quiet --disable-pip-version-check .
	.venv-fast/bin/torvyn-studio --version

# The native call layer for that environment.
fast-native:
	runtime/wasm/native/toolchain.sh install $(abspath .venv-fast/bin)

# All tests, or FAST_TESTS, on a compiled engine, in a copy under build/: this checkout stays pure.
fast-tree: $(READY)
	$(BIN)/python -m tests.compiled.compiled_tree build/compiled

fast-test: fast-tree
	cd build/compiled/tree && TORVYN_STUDIO_PURE_SOURCES=$(CURDIR) ../venv/bin/python -m pytest $(FAST_TESTS)

components: $(READY)
	$(BIN)/python components/build.py

picture: $(READY)
	$(BIN)/python -m tests.support.workbench.screen_picture docs/workbench.png

# The pictures of the documents; `python -m tests.support.workbench.pictures DIR` makes all.
pictures: $(READY)
	$(BIN)/python -m tests.support.workbench.pictures

# The manual page and the list of keys, of the parsers and of the table of actions.
documents: $(READY)
	$(BIN)/python -m tests.support.documents

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) .venv-fast dist build
