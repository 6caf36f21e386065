#!/bin/sh
# Trains the report's seven networks, one after the other, and puts them on one page; `make report` runs it.
#
#   Tools/report.sh [--quick] [options of the examples]
#
# A run goes on from its checkpoint, if there is one. A finished one is repeated only with other options.
# $SWIFT is the command to build with, $THREADS the number of threads that train. Ends with 0 if all seven
# are finished, 1 if some failed, 130 if it was interrupted.
set -u
cd "$(dirname "$0")/.." || exit

folder=runs/report
# Of what the report gives as ranges, the ends that stop training last; the batch size is its tables'.
options='--epochs 100 --patience 15 --batch-size 100'
if [ "${1-}" = --quick ]; then
  shift
  folder=runs/report-quick
  # Small batches make enough steps of so few images for the normalisations' statistics to settle.
  options='--epochs 3 --limit 5000 --batch-size 25'
fi
# The later of two equal options counts.
set -- $options "$@"

swift=${SWIFT:-swift}
for product in fashion-mnist cifar10 cifar100 pinion-datasets pinion-report; do
  $swift build -c release --product "$product" || exit
done
bin=$($swift build -c release --show-bin-path) || exit

# The run under way gets the signal too, writes its checkpoint and ends; only then the shell acts on it.
interrupted=
trap 'interrupted=yes' INT

stop_if_interrupted() {
  [ -n "$interrupted" ] || return 0
  echo "report: stopped. The same command again goes on from here."
  exit 130
}

# Where there is no network, the run itself says how else to provide its data.
for dataset in fashion-mnist cifar10 cifar100; do
  if "$bin/pinion-datasets" list | grep -q "^$dataset .*not here\$"; then
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
  130) interrupted=yes ;;
  *)
    echo "report: $name failed. To begin it afresh, remove $output." >&2
    failed="$failed $name"
    ;;
  esac
  stop_if_interrupted
done

if [ -n "$finished" ]; then
  "$bin/pinion-report" compare $finished --output "$folder/comparison.html" || exit
  echo "report: the page of each run is $folder/<run>/index.html."
fi
if [ -n "$failed" ]; then
  echo "report: failed:$failed" >&2
  exit 1
fi
