# `make` alone lists what there is. PYTHON names the interpreter .venv is made with, TESTERS how many processes test.
PYTHON ?= python3
VENV   := .venv/bin
ARGS   ?=
TESTERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up down status doctor bench test test-ready soak lint venv texts lock audit clean distclean

help: ## List the targets
	@echo 'Portico. Data lives in ./var; PORTICO_VAR=/folder and PORTICO_PORT=8010 move data and address.'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'All commands, once `make up` has run:  .venv/bin/portico --help'

up: venv ## Start everything, load the demo company the first time, follow the logs (Ctrl-C stops)
	@exec $(VENV)/portico up $(ARGS)

down: ## Stop everything that `make up` started
	@if [ -x $(VENV)/portico ]; then exec $(VENV)/portico down $(ARGS); else echo 'Nothing runs: Portico is not installed yet.'; fi

status: venv ## What runs, with positions and lag
	@exec $(VENV)/portico status $(ARGS)

doctor: venv ## Check the set-up and say what to do
	@exec $(VENV)/portico doctor $(ARGS)

bench: test-ready ## Measure, and print the figures with their limits
	@exec $(VENV)/portico bench $(ARGS)

test: test-ready ## Everything that must hold: ruff, mypy, all tests (ARGS="-k order" for some)
	$(VENV)/python -m ruff check .
	$(VENV)/python -m mypy
	$(VENV)/python -m pytest -n $(TESTERS) $(ARGS)

soak: test-ready ## Work and kill at random for long, then check that all arrived once (ARGS="--minutes 60 --seed 7")
	@exec $(VENV)/python -m tests.chaos.soak $(ARGS)

lint: ## ruff and mypy only
	@$(PYTHON) deploy/local/bootstrap.py --test
	$(VENV)/python -m ruff check .
	$(VENV)/python -m mypy

venv: ## Make or mend .venv from the locked requirements
	@exec $(PYTHON) deploy/local/bootstrap.py

test-ready: ## Also install what the tests need: RabbitMQ, PostgreSQL, postfix, dovecot, Chromium, strace
	@exec $(PYTHON) deploy/local/bootstrap.py --test --parts

texts: test-ready ## Bring the catalogues of gateway/translations up to date with the texts in the code
	@exec $(VENV)/python -m deploy.texts

lock: ## Write requirements/*.txt anew from *.in (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv:  pipx install uv'; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    -q requirements/run.in -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    -q requirements/test.in -c requirements/run.txt -o requirements/test.txt

audit: ## Look up known holes of the locked libraries, write the list of parts to parts.cdx.json (needs uv, asks PyPI)
	@command -v uv >/dev/null || { echo 'make audit needs uv:  pipx install uv'; exit 1; }
	uv tool run pip-audit==2.10.1 --disable-pip --require-hashes -r requirements/run.txt --progress-spinner off \
	    -f cyclonedx-json -o parts.cdx.json $(ARGS)

clean: ## Remove caches (never data)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './var/*' -prune -exec rm -rf {} +

distclean: clean ## Also remove .venv (never data)
	rm -rf .venv
