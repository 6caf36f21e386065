# The commands of everyday work; `make help` lists them.

SWIFT = swift
# Debian's and Ubuntu's names of what the package needs, and pkg-config's. PinionLinearAlgebra alone needs
# LAPACKE, PinionImages alone libpng and libjpeg, PinionDownload and the examples OpenSSL.
PACKAGES = pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libpng-dev libjpeg-dev libssl-dev
LIBRARIES = openblas zlib libpng libjpeg libcrypto
# What `make run` trains on; everything else works without.
FASHION_MNIST = dataset-fashion-mnist
SOURCES = Sources Tests Examples Benchmarks Tools Package.swift
# Tests run optimised (numeric loops are far slower otherwise) and see what is internal.
TEST = -c release -Xswiftc -enable-testing
# A package that uses this one as its users do, without any flag.
CONSUMER = --package-path Tests/Consumer --scratch-path .build/consumer -c release
# Arguments for the programs: make run ARGS="--help".
ARGS =
# Of `make report`: QUICK=1 for parts of the data and few epochs, a folder to find data sets in, and the
# number of threads.
QUICK =
DATA =
THREADS =
# The Python environment of the libraries that are compared with.
VENV = .build/peers

.PHONY: help setup run report test test-resume summary benchmark benchmark-layers benchmark-train \
  peers benchmark-peers benchmark-start format lint test-kernels sanitize-thread clean

help:
	@echo 'make setup            install the system libraries and the data, if missing'
	@echo 'make run              train the CNN on Fashion-MNIST; arguments in ARGS'
	@echo 'make report           train the seven networks of the report, and make pages of them;'
	@echo '                      QUICK=1 in minutes; DATA=folder, THREADS=number, arguments in ARGS'
	@echo 'make test             run all tests, and those of a package that uses this one'
	@echo 'make test-kernels     run the tests under each of OpenBLAS'"'"'s kernels that this processor runs;'
	@echo '                      ARGS="Haswell unset" for some'
	@echo 'make test-resume      kill and resume an example 200 times; arguments in ARGS'
	@echo 'make summary          show the network of the example without training it'
	@echo 'make benchmark        measure matrix products; arguments in ARGS'
	@echo 'make benchmark-layers measure each layer, pass by pass; arguments in ARGS'
	@echo 'make benchmark-train  measure training and prediction; arguments in ARGS'
	@echo 'make benchmark-peers  compare with other libraries, in Python; arguments in ARGS'
	@echo 'make benchmark-start  compare the time to a first prediction; arguments in ARGS'
	@echo 'make format           format all sources'
	@echo 'make lint             check the format of all sources'
	@echo 'make sanitize-thread  run the threaded tests under the thread sanitizer'
	@echo 'make clean            remove what was built'

# Does nothing where all is installed; goes on without the data where it cannot be had.
setup:
	@set -e; \
	installed() { dpkg-query -W -f='$${Status}' "$$1" 2>/dev/null | grep -q 'ok installed'; }; \
	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then \
	  if pkg-config --exists $(LIBRARIES) 2>/dev/null; then exit 0; fi; \
	  echo 'setup: this system has no apt. Install pkg-config, OpenBLAS with its headers,' >&2; \
	  echo 'LAPACKE, zlib, libpng, libjpeg and OpenSSL by its own means, until' >&2; \
	  echo '"pkg-config --exists $(LIBRARIES)" succeeds.' >&2; \
	  exit 1; \
	fi; \
	missing=; \
	for package in $(PACKAGES) $(FASHION_MNIST); do \
	  installed "$$package" || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	sudo=; \
	if [ "$$(id -u)" != 0 ]; then \
	  if ! command -v sudo >/dev/null; then \
	    echo "setup: neither root nor sudo here; have installed:$$missing" >&2; \
	    [ "$$missing" = " $(FASHION_MNIST)" ]; exit; \
	  fi; \
	  sudo=sudo; \
	fi; \
	apt="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q"; \
	echo "setup: installing$$missing"; \
	$$apt update || echo 'setup: trying with the old package lists' >&2; \
	wanted=; \
	for package in $$missing; do \
	  if [ "$$package" = $(FASHION_MNIST) ] && ! apt-cache show "$$package" >/dev/null 2>&1; then \
	    echo 'setup: apt does not know $(FASHION_MNIST). On Ubuntu it is in "universe" (sudo' >&2; \
	    echo 'add-apt-repository universe, then make setup). Or put the four .gz files of' >&2; \
	    echo 'github.com/zalandoresearch/fashion-mnist into a folder and name it to the example' >&2; \
	    echo '(swift run -c release fashion-mnist --help). Going on without.' >&2; \
	  else \
	    wanted="$$wanted $$package"; \
	  fi; \
	done; \
	if [ -n "$$wanted" ]; then $$apt install -y --no-install-recommends $$wanted; fi

run: setup
	$(SWIFT) build -c release --product fashion-mnist
	$(SWIFT) run -c release --skip-build fashion-mnist $(ARGS)

report: setup
	@SWIFT='$(SWIFT)' THREADS='$(THREADS)' $(if $(DATA),PINION_DATASETS='$(abspath $(DATA))') \
	  Tools/report.sh $(if $(QUICK),--quick) $(ARGS)

test: setup
	$(SWIFT) test $(TEST)
	$(SWIFT) test $(CONSUMER)

test-kernels: setup
	SWIFT='$(SWIFT)' Tools/test-kernels.sh $(ARGS)

test-resume: setup
	$(SWIFT) build -c release
	Tests/kill-resume.sh $(ARGS)

summary: setup
	$(SWIFT) run -c release fashion-mnist --summary $(ARGS)

benchmark: setup
	$(SWIFT) run -c release gemm-benchmark $(ARGS)

benchmark-layers: setup
	$(SWIFT) run -c release layer-benchmark $(ARGS)

benchmark-train: setup
	$(SWIFT) run -c release train-benchmark $(ARGS)

# pip takes the index that its environment variables name.
peers: setup
	$(SWIFT) build -c release --product train-benchmark
	test -x $(VENV)/bin/python || python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q --disable-pip-version-check \
	  -r Benchmarks/peers/requirements.txt
	cd Benchmarks/peers && $(abspath $(VENV))/bin/python -m unittest -q

benchmark-peers: peers
	$(VENV)/bin/python Benchmarks/peers/compare.py --ours .build/release/train-benchmark $(ARGS)

benchmark-start: peers
	$(VENV)/bin/python Benchmarks/peers/first_prediction.py \
	  --ours .build/release/train-benchmark $(ARGS)

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

# Without the backtracer, which would keep a crash waiting. A debug build's loops are slow: only tests
# with little work are in it.
sanitize-thread: setup
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --sanitize=thread --scratch-path .build/tsan \
	  --filter 'ThreadPoolTests|BatchLoaderTests|TrainingLoopConcurrencyTests|DeterminismTests|PredictorTests'

clean:
	rm -rf .build/tsan .build/consumer
	$(SWIFT) package clean
