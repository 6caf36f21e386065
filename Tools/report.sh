#!/bin/sh
# Trains the report's seven networks and compares them on one page. Called by `make report`.
#
#   Tools/report.sh [--quick] [options of the examples]
#
# Runs resume from their checkpoints. Finished runs are repeated only if the options change.
# $SWIFT is the command for building, $THREADS the number of threads. Exits with 0 if all seven are
# finished, 1 if some failed, 130 if interrupted.
set -u
cd "$(dirname "$0")/.." || exit

folder=runs/report
# The upper ends of the report's ranges, and the batch size of its tables.
options='--epochs 100 --patience 15 --batch-size 100'
if [ "${1-}" = --quick ]; then
  shift
  folder=runs/report-quick
  # Small batches, so that there are enough steps for the moving statistics to converge.
  options='--epochs 3 --limit 5000 --batch-size 25'
fi
# The last one of repeated options takes effect.
set -- $options "$@"

swift=${SWIFT:-swift}
for product in fashion-mnist cifar10 cifar100 pinion-datasets pinion-report; do
  $swift build -c release --product "$product" || exit
done
bin=$($swift build -c release --show-bin-path) || exit

# The current run receives the signal, too, writes its checkpoint and exits before the shell continues.
interrupted=
trap 'interrupted=yes' INT

stop_if_interrupted() {
  [ -n "$interrupted" ] || return 0
  echo "report: interrupted. Run the same command to continue."
  exit 130
}

# If a download fails, the run's error message explains how to provide the data.
for dataset in fashion-mnist cifar10 cifar100; do
  if "$bin/pinion-datasets" list | grep -q "^$dataset .*not downloaded\$"; then
    "$bin/pinion-datasets" download "$dataset"
  fi
  stop_if_interrupted
done

finished=
failed=
for name in fashion-mnist-mlp fashion-mnist-cnn fashion-mnist-personal \
  cifar10-mlp cifar10-cnn cifar10-personal cifar100-personal; do
  output=$folder/$name
  if [ "$(cat "$output/finished" 2>/dev/null)" = "$*" ]; then
    echo "report: $name is finished."
    finished="$finished $output"
    continue
  fi
  echo "report: $name"
  rm -f "$output/finished"
  "$bin/${name%-*}" --model "${name##*-}" --output "$output" --json "$output/results.json" \
    --resume ${THREADS:+--threads "$THREADS"} "$@"
  case $? in
  0)
    echo "$*" >"$output/finished"
    finished="$finished $output"
    ;;
  129 | 130 | 143) interrupted=yes ;;
  *)
    echo "report: $name failed. To restart it, delete $output." >&2
    failed="$failed $name"
    ;;
  esac
  stop_if_interrupted
done

if [ -n "$finished" ]; then
  "$bin/pinion-report" compare $finished --output "$folder/comparison.html" || exit
  echo "report: the report of each run is $folder/<run>/index.html."
fi
if [ -n "$failed" ]; then
  echo "report: failed:$failed" >&2
  exit 1
fi
