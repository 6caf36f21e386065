#!/bin/sh
# Trains the examples' networks one after the other, and compares them on a page. Called by
# `make report` and `make experiments`.
#
#   Tools/report.sh [--quick | --experiments] [options of the examples]
#
# --quick trains on parts of the data for few epochs; --experiments trains each of the report's
# networks with several seeds, and the best ones, too.
# Runs resume from their checkpoints. Finished runs are repeated only if the options change.
# $SWIFT is the command for building, $THREADS the number of threads. Exits with 0 if all runs are
# finished, 1 if some failed, 130 if interrupted.
set -u
cd "$(dirname "$0")/.." || exit

folder=runs/report
seven='fashion-mnist-mlp fashion-mnist-cnn fashion-mnist-personal cifar10-mlp cifar10-cnn
  cifar10-personal cifar100-personal'
runs=$(for name in $seven; do echo "$name:0"; done)
case ${1-} in
--quick)
  shift
  folder=runs/report-quick
  # Small batches and no warm-up, so that there are enough steps for moving statistics to converge;
  # an average of 0.999 would consist of first weights, mostly.
  set -- --epochs 3 --limit 5000 --batch-size 25 --averaging 0.99 --warm-up 0 "$@"
  ;;
--experiments)
  shift
  folder=runs/experiments
  # In the order of their cost.
  runs='fashion-mnist-mlp:0 fashion-mnist-mlp:1 fashion-mnist-mlp:2
    cifar10-mlp:0 cifar10-mlp:1 cifar10-mlp:2
    fashion-mnist-cnn:0 fashion-mnist-cnn:1 fashion-mnist-cnn:2
    cifar10-cnn:0 cifar10-cnn:1 cifar10-cnn:2
    fashion-mnist-personal:0 cifar10-personal:0 cifar100-personal:0 fashion-mnist-best:0
    fashion-mnist-personal:1 cifar10-personal:1 fashion-mnist-personal:2 cifar10-personal:2
    cifar10-best:0 cifar100-personal:1 cifar100-best:0'
  ;;
esac

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

# The folder of a run, such as cifar10-cnn:1: the seed is left out if it is 0.
output_of() { echo "$folder/$(echo "$1" | sed 's/:0$//; s/:/-seed/')"; }

is_finished() { [ "$(cat "$(output_of "$1")/finished" 2>/dev/null)" = "$options" ]; }

# The seconds that a run takes: as an earlier one of its network, here or among the published
# results; nothing if there is none.
seconds_of() {
  grep -ho '"trainSeconds" : [0-9]*' "$folder/${1%:*}"*/results.json \
    Documentation/Experiments/results/"${1%:*}"*.json 2>/dev/null | head -n 1 | sed 's/.* //'
}

# Prints how many runs are left, and how long they take if that is known.
print_rest() {
  left=0
  total=0
  unknown=
  for run in $runs; do
    is_finished "$run" && continue
    left=$((left + 1))
    seconds=$(seconds_of "$run")
    [ -n "$seconds" ] || unknown=' and what is not known yet'
    total=$((total + ${seconds:-0}))
  done
  echo "report: $left run(s) left: $((total / 3600)) h $((total % 3600 / 60)) min$unknown"
}

options=$*
finished=
failed=
for run in $runs; do
  name=${run%:*}
  output=$(output_of "$run")
  if is_finished "$run"; then
    echo "report: ${output##*/} is finished."
    finished="$finished $output"
    continue
  fi
  print_rest
  echo "report: ${output##*/}"
  rm -f "$output/finished"
  # At low priority: training takes hours.
  nice -n 10 "$bin/${name%-*}" --model "${name##*-}" --seed "${run#*:}" --output "$output" \
    --json "$output/results.json" --resume ${THREADS:+--threads "$THREADS"} "$@"
  case $? in
  0)
    echo "$options" >"$output/finished"
    finished="$finished $output"
    ;;
  129 | 130 | 143) interrupted=yes ;;
  *)
    echo "report: ${output##*/} failed. To restart it, delete $output." >&2
    failed="$failed ${output##*/}"
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
