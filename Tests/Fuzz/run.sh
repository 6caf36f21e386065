#!/usr/bin/env bash
# Builds the fuzzer with the address sanitizer and runs it on each reader of files: `make fuzz`.
#
# usage: Tests/Fuzz/run.sh [SECONDS [READER...]]
#
# Each reader runs for SECONDS (60) from its seeds, the committed corpus and what earlier runs found
# (.build/fuzz/corpus), JOBS of them at a time (the number of processors), each with a log of its own
# (.build/fuzz/READER.log). A finding is written to .build/fuzz/findings, and ends the run with
# status 1. Prints, as each reader ends, its executions and, of what reads files, the lines that were
# reached. With MINIMIZE=1, the smallest inputs that reach as much replace the committed corpus, up to
# BYTES (12000) a reader.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1

seconds=${1:-60}
jobs=${JOBS:-$(nproc)}
readers=("${@:2}")
[ ${#readers[@]} -gt 0 ] || readers=(
  idx gzip cifar csv png jpeg tar http safetensors configuration model checkpoint history report npy
  zip pickle onnx hdf5 keras
)
build=.build/fuzz
# libFuzzer's counters are in all code; its main is linked by the same option.
"${SWIFT:-swift}" build -c release --sanitize=address --scratch-path "$build" \
  -Xswiftc -sanitize=fuzzer -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping \
  -Xcc -fsanitize=fuzzer-no-link --product pinion-fuzz
program=$build/release/pinion-fuzz
bin=$(dirname "$(readlink -f "$(command -v swift)")")

# The sources of each reader, whose lines are counted. What several readers use is counted where most
# of it is used, such as the scanner of JSON with the headers of safetensors.
sources() {
  case $1 in
    idx) echo Sources/Data/{IDXArray,GzipReader,FileBytes}.swift ;;
    gzip) echo Sources/Data/{GzipReader,FileBytes}.swift ;;
    cifar) echo Sources/Data/CIFARFormat.swift ;;
    csv) echo Sources/Data/Tables/*.swift ;;
    png) echo Sources/Images/Codecs/{PNGDecoder,ImageDecoder,DecodingLimits}.swift ;;
    jpeg) echo Sources/Images/Codecs/{JPEGDecoder,ImageDecoder,ImageOrientation}.swift ;;
    tar) echo Sources/Download/Archive/Tar*.swift ;;
    http) echo Sources/Download/HTTP/HTTPHead.swift ;;
    safetensors) echo Sources/Tensor/Files/{SafeTensorsFile,SafeTensorsHeader,JSONScanner*}.swift ;;
    configuration) echo Sources/Layers/Graph/Graph+Configuration.swift ;;
    model) echo Sources/Layers/Network/Network*.swift Sources/Tensor/Files/JSONDocument.swift ;;
    checkpoint) echo Sources/Training/Checkpoint/*.swift ;;
    history) echo Sources/Training/Callbacks/{CSVLogger,LineFile}.swift ;;
    report) echo Sources/Report/Page/RunSummary.swift ;;
    npy) echo Sources/Interchange/NumPy/{NumPyArray,NumPyHeader}.swift ;;
    zip) echo Sources/Interchange/Zip/{ZipArchive,ZipEnd,RawDeflate,ByteS*}.swift ;;
    pickle) echo Sources/Interchange/PyTorch/{Pickle*,PyTorchArchive,PyTorchWeights}.swift ;;
    onnx) echo Sources/Interchange/ONNX/Import/*.swift Sources/Interchange/Protobuf/*Reader.swift ;;
    hdf5) echo Sources/Interchange/HDF5/HDF5File.swift ;;
    keras) echo Sources/Interchange/Keras/*{Reading,Parsing,Importer,Value,Arguments}.swift ;;
  esac
}

# Runs a reader and prints its line; writes its executions and findings to $build/results.
fuzz() {
  local reader=$1 status=0 runs lines
  local corpus=$build/corpus/$reader committed=Tests/Fuzz/Corpus/$reader
  local log=$build/$reader.log profile=$build/profiles/$reader
  export PINION_READER=$reader
  mkdir -p "$corpus" "$committed"
  PINION_SEEDS=$build/seeds/$reader LLVM_PROFILE_FILE=/dev/null "$program" >/dev/null
  # Twice a file's size and 64 MiB, of which inputs are at most 128 KiB.
  LLVM_PROFILE_FILE=/dev/null "$program" -max_total_time="$seconds" -max_len=131072 -timeout=20 \
    -malloc_limit_mb=66 -rss_limit_mb=2048 -print_final_stats=1 -dict="$build/seeds/$reader.dict" \
    -artifact_prefix="$build/findings/$reader-" "$corpus" "$committed" "$build/seeds/$reader" \
    >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ $status -ne 0 ]; then
    echo "$reader: FINDING, see $log and $build/findings" >&2
    tail -n 30 "$log" >&2
  fi

  if [ -n "${MINIMIZE:-}" ]; then minimize "$reader"; fi

  # What all inputs reach. `-runs=0` reads each once.
  LLVM_PROFILE_FILE=$profile.profraw "$program" -runs=0 -max_len=131072 "$corpus" "$committed" \
    "$build/seeds/$reader" >/dev/null 2>&1 || true
  "$bin/llvm-profdata" merge -sparse "$profile.profraw" -o "$profile.profdata"
  # shellcheck disable=SC2046
  lines=$("$bin/llvm-cov" report "$program" -instr-profile="$profile.profdata" \
    $(sources "$reader") 2>/dev/null | awk '/^TOTAL/ { print $8 - $9 " of " $8 " lines, " $10 }')
  printf '%-14s %10s executions, lines reached: %s\n' "$reader" "${runs:-?}" "${lines:-unknown}"
  echo "${runs:-0} $((status != 0))" >"$build/results/$reader"
}

# Replaces a reader's committed corpus.
minimize() {
  local reader=$1 bytes=0 least=$build/least/$1 committed=Tests/Fuzz/Corpus/$1 size file
  rm -rf "$least" && mkdir -p "$least"
  LLVM_PROFILE_FILE=/dev/null "$program" -merge=1 -max_len=131072 -timeout=20 "$least" \
    "$build/seeds/$reader" "$committed" "$build/corpus/$reader" >"$build/$reader.merge.log" 2>&1
  rm -f "$committed"/*
  # The smallest first: most of what is reached, for the least.
  while read -r size file; do
    bytes=$((bytes + size))
    [ $bytes -le "${BYTES:-12000}" ] || break
    cp "$file" "$committed/$(basename "$file" | cut -c1-12)"
  done < <(find "$least" -type f -printf '%s %p\n' | sort -n)
}

rm -rf "$build/results"
mkdir -p "$build/findings" "$build/profiles" "$build/results"
for reader in "${readers[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  fuzz "$reader" &
done
wait

total=0 findings=0
for reader in "${readers[@]}"; do
  # Without a result, something else went wrong, and was printed.
  runs=0 found=1
  if [ -f "$build/results/$reader" ]; then read -r runs found <"$build/results/$reader"; fi
  total=$((total + runs)) findings=$((findings + found))
done
echo "$total executions, $findings findings"
[ $findings -eq 0 ]
