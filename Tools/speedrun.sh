#!/bin/sh
# Trains on CIFAR-10 with several seeds. Called by `make speedrun`.
#
#   Tools/speedrun.sh [options of cifar10-speedrun]
#
# Prints the mean accuracy and the median time, then the ratio to PyTorch's time, if $PYTHON has it.
# $SWIFT is the command for building, $SEEDS the seeds, $DATA the folder of the data.
set -u
cd "$(dirname "$0")/.." || exit

folder=runs/speedrun
swift=${SWIFT:-swift}
for product in cifar10-speedrun pinion-datasets; do
  $swift build -c release --product "$product" || exit
done
bin=$($swift build -c release --show-bin-path) || exit
if [ -z "${DATA-}" ] && "$bin/pinion-datasets" list | grep -q '^cifar10 .*not downloaded$'; then
  "$bin/pinion-datasets" download cifar10 || exit
fi
mkdir -p "$folder" || exit
rm -f "$folder"/seed-*.json
for seed in ${SEEDS:-0 1 2}; do
  "$bin/cifar10-speedrun" --seed "$seed" --json "$folder/seed-$seed.json" \
    ${DATA:+--data "$DATA"} "$@" || exit
done

# Times of several runs on one line each, sorted; the median is the middle one, or the mean of the
# two middle ones.
grep -h '"trainSeconds"' "$folder"/seed-*.json | tr -dc '0-9.\n' | sort -n | awk '
  { seconds[NR] = $1 }
  END {
    median = (seconds[int((NR + 1) / 2)] + seconds[int(NR / 2) + 1]) / 2
    printf "Median time of %d runs: %.1f s\n", NR, median
  }'
awk '
  /"test" :/ { inTest = 1 }
  inTest && /"accuracy" :/ {
    gsub(/[^0-9.]/, ""); sum += $0; squares += $0 * $0; count += 1; inTest = 0
  }
  END {
    if (!count) exit
    mean = sum / count
    deviation = count > 1 ? sqrt((squares - count * mean * mean) / (count - 1)) : 0
    printf "Mean test accuracy: %.4f, standard deviation %.4f\n", mean, deviation
  }' "$folder"/seed-*.json

python=${PYTHON:-.build/peers/bin/python}
if [ -x "$python" ] && "$python" -c 'import torch' 2>/dev/null; then
  "$python" Benchmarks/peers/speedrun.py --ours "$bin/cifar10-speedrun" \
    ${DATA:+--data "$DATA"} --json "$folder/pytorch.json"
else
  echo 'For the ratio to PyTorch: make peers, then the same command.'
fi
