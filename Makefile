# The commands of everyday work; `make help` lists them.

SWIFT = swift
CLANG_FORMAT = clang-format
# Debian's and Ubuntu's names of what the package needs, and pkg-config's. PinionLinearAlgebra alone
# needs LAPACKE, PinionImages alone libpng and libjpeg, PinionDownload and the examples OpenSSL,
# PinionDownload alone libcurl.
PACKAGES = pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libpng-dev libjpeg-dev libssl-dev \
  libcurl4-openssl-dev
LIBRARIES = openblas zlib libpng libjpeg libcrypto libcurl
# What `make run` trains on; everything else works without.
FASHION_MNIST = dataset-fashion-mnist
SOURCES = Sources Tests Examples Benchmarks Tools Package.swift
C_SOURCES = $(shell find Sources Tests Benchmarks -name '*.[ch]')
# Tests run optimized (numeric loops are far slower otherwise) and see what is internal.
TEST = -c release -Xswiftc -enable-testing
# A package that uses this one as its users do, without any flag: the build that is not optimized.
CONSUMER = --package-path Tests/Consumer --scratch-path .build/consumer
# Arguments for the programs: make run ARGS="--help".
ARGS =
# Of `make report`: QUICK=1 for parts of the data and few epochs, a folder to find data sets in, and
# the number of threads.
QUICK =
DATA =
# Its absolute path, by the shell, which sees the variable as make does: abspath splits at spaces.
FULL_DATA = $$(realpath -ms -- "$$DATA")
THREADS =
# Of `make speedrun`.
SEEDS = 0 1 2
# Of `make fuzz`: the time for each reader, and which, all if empty; how many run at a time, as many
# as there are processors if empty.
SECONDS = 60
READERS =
JOBS =
# Of `make sanitize`: shapes of each C kernel, and random networks.
SHAPES = 3000
NETWORKS = 10000
SANITIZED_TESTS = SafeTensors|IDX|ModelFilesFuzz|TensorIndexing|TensorShaping|ConvolutionTests|WinogradTests|MaxPoolingTests
# An optimized build, as the loops are far slower in a debug build.
ASAN = -c release --sanitize=address --scratch-path .build/asan
# The Python environment of the libraries that are compared with.
VENV = .build/peers

.PHONY: help setup setup-lint run report experiments speedrun test test-kernels test-resume \
  test-distributed fuzz soak summary benchmark benchmark-layers benchmark-train benchmark-check \
  peers benchmark-peers benchmark-start benchmark-tensor benchmark-linalg docs format lint sanitize \
  sanitize-kernels sanitize-thread clean

help:
	@echo 'make setup            install the system libraries and the data, if missing'
	@echo 'make run              train the CNN on Fashion-MNIST; arguments in ARGS'
	@echo 'make report           train the seven networks of the report, and make pages of them;'
	@echo '                      QUICK=1 in minutes; DATA=folder, THREADS=number, arguments in ARGS'
	@echo 'make experiments      train them with several seeds, and the best ones: for many hours;'
	@echo '                      DATA=, THREADS= and ARGS= as above; the same command continues'
	@echo 'make speedrun         train CIFAR-10 in little time with the seeds of SEEDS="0 1 2", and compare'
	@echo '                      with PyTorch after `make peers`; DATA=folder, arguments in ARGS'
	@echo 'make test             run all tests, and those of a package that uses this one'
	@echo 'make test-kernels     run the tests under each of OpenBLAS'"'"'s kernels that this processor runs;'
	@echo '                      ARGS="Haswell unset" for some'
	@echo 'make test-resume      kill and resume an example 200 times; arguments in ARGS'
	@echo 'make test-distributed train an example over ranks of MPI, kill one, and compare; arguments in ARGS'
	@echo 'make fuzz             fuzz each reader of files under the address sanitizer for SECONDS=60;'
	@echo '                      READERS="png zip" for some; JOBS=number at a time'
	@echo 'make soak             fuzz, kill, inject faults and sanitize for hours, and print a table of'
	@echo '                      counts; the same command continues; arguments in ARGS'
	@echo 'make summary          show the network of the example without training it'
	@echo 'make benchmark        measure matrix products; arguments in ARGS'
	@echo 'make benchmark-layers measure each layer, pass by pass; arguments in ARGS'
	@echo 'make benchmark-train  measure training and prediction; arguments in ARGS'
	@echo 'make benchmark-check  compare networks and layers with Benchmarks/baseline.json'
	@echo 'make benchmark-peers  compare with other libraries, in Python; arguments in ARGS'
	@echo 'make benchmark-start  compare the time to a first prediction; arguments in ARGS'
	@echo 'make benchmark-tensor compare tensor operations with NumPy; arguments in ARGS'
	@echo 'make benchmark-linalg compare linear algebra with NumPy on the same OpenBLAS (Debian'"'"'s'
	@echo '                      python3-numpy); arguments in ARGS'
	@echo 'make docs             build the reference and the guides as a site, .build/docs/site'
	@echo 'make format           format all sources, Swift and C'
	@echo 'make lint             check the format of all sources, Swift and C, and the width of lines'
	@echo 'make sanitize         run the C kernels and random networks under the address sanitizer;'
	@echo '                      SHAPES= and NETWORKS= say how many'
	@echo 'make sanitize-thread  run the threaded tests under the thread sanitizer'
	@echo 'make clean            remove what was built'

# Does nothing where all is installed; goes on without the data where it cannot be had.
setup:
	@OPTIONAL=$(FASHION_MNIST) LIBRARIES='$(LIBRARIES)' Tools/setup.sh $(PACKAGES)

setup-lint:
	@command -v $(CLANG_FORMAT) >/dev/null || Tools/setup.sh clang-format

run: setup
	$(SWIFT) build -c release --product fashion-mnist
	$(SWIFT) run -c release --skip-build fashion-mnist $(ARGS)

report: setup
	@SWIFT='$(SWIFT)' THREADS='$(THREADS)' $(if $(DATA),PINION_DATASETS="$(FULL_DATA)") \
	  Tools/report.sh $(if $(QUICK),--quick) $(ARGS)

experiments: setup
	@SWIFT='$(SWIFT)' THREADS='$(THREADS)' $(if $(DATA),PINION_DATASETS="$(FULL_DATA)") \
	  Tools/report.sh --experiments $(ARGS)

speedrun: setup
	@SWIFT='$(SWIFT)' SEEDS='$(SEEDS)' PYTHON='$(VENV)/bin/python' \
	  $(if $(DATA),DATA="$(FULL_DATA)") Tools/speedrun.sh $(ARGS)

test: setup
	$(SWIFT) test $(TEST)
	$(SWIFT) test $(CONSUMER)

test-kernels: setup
	SWIFT='$(SWIFT)' Tools/test-kernels.sh $(ARGS)

test-distributed: setup
	@command -v mpirun >/dev/null || Tools/setup.sh openmpi-bin
	$(SWIFT) build -c release --product fashion-mnist
	Tests/distributed.sh $(ARGS)

test-resume: setup
	$(SWIFT) build -c release
	Tests/kill-resume.sh $(ARGS)

fuzz: setup
	SWIFT='$(SWIFT)' JOBS='$(JOBS)' Tests/Fuzz/run.sh $(SECONDS) $(READERS)

soak: setup
	SWIFT='$(SWIFT)' Tools/soak.sh $(ARGS)

summary: setup
	$(SWIFT) run -c release fashion-mnist --summary $(ARGS)

benchmark: setup
	$(SWIFT) run -c release gemm-benchmark $(ARGS)

benchmark-layers: setup
	$(SWIFT) run -c release layer-benchmark $(ARGS)

benchmark-train: setup
	$(SWIFT) run -c release train-benchmark $(ARGS)

# ARGS=--write makes the baseline anew.
benchmark-check: setup
	$(SWIFT) build -c release --product train-benchmark
	$(SWIFT) build -c release --product layer-benchmark
	.build/release/train-benchmark check $(ARGS)

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

# NumPy alone of the peers' libraries, in their environment.
benchmark-tensor: setup
	$(SWIFT) build -c release --product tensor-benchmark
	test -x $(VENV)/bin/python || python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q --disable-pip-version-check \
	  "$$(grep ^numpy== Benchmarks/peers/requirements.txt)"
	$(VENV)/bin/python Benchmarks/peers/numpy_tensor.py \
	  --pinion .build/release/tensor-benchmark $(ARGS)

# The system's NumPy, which uses the same OpenBLAS; that of pip brings its own.
benchmark-linalg: setup
	$(SWIFT) build -c release --product linalg-benchmark
	/usr/bin/python3 -c 'import numpy' || Tools/setup.sh python3-numpy
	/usr/bin/python3 Benchmarks/peers/numpy_linalg.py \
	  --pinion .build/release/linalg-benchmark $(ARGS)

docs: setup
	SWIFT='$(SWIFT)' Tools/docs.sh

format: setup-lint
	$(SWIFT) format --in-place --recursive $(SOURCES)
	$(CLANG_FORMAT) -i $(C_SOURCES)

lint: setup-lint
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	$(CLANG_FORMAT) --dry-run --Werror $(C_SOURCES)
	Tools/check-width.sh
	Tools/check-topics.sh

# The C kernels beside plain loops for each instruction set, then two training steps and two
# predictions of random networks. SANITIZED_TESTS are what of the tests reads memory by hand, or
# files; empty for none.
# The tests without the leak sanitizer: XCTest leaks 144 bytes when it starts.
sanitize: sanitize-kernels
	$(SWIFT) build $(ASAN) --product random-networks
	SWIFT_BACKTRACE=enable=no .build/asan/release/random-networks train 0 $(NETWORKS)
	$(if $(SANITIZED_TESTS),SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 \
	  $(SWIFT) test $(ASAN) -Xswiftc -enable-testing --filter '$(SANITIZED_TESTS)')

# The C kernels alone: minutes less.
sanitize-kernels: setup
	Tests/Sanitize/run.sh $(SHAPES)

# Without the backtracer, which would keep a crash waiting. A debug build's loops are slow: only tests
# with little work are in it.
sanitize-thread: setup
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --sanitize=thread --scratch-path .build/tsan \
	  --filter 'ThreadPoolTests|BatchLoaderTests|TrainingLoopConcurrencyTests|DeterminismTests|PredictorTests'

clean:
	rm -rf .build/asan .build/sanitize .build/tsan .build/consumer
	$(SWIFT) package clean
