#!/usr/bin/env bash
# Runs what takes hours to show that Pinion keeps its promises (Documentation/Promises.md), and prints
# a table of counts: `make soak`. What ended well is not run again: the same command goes on.
#
# usage: Tools/soak.sh [--seconds N] [--kills N] [--networks N] [--step N] [--again]
#
#   --seconds    of fuzzing for each reader: 600
#   --kills      how many, of SIGKILL, SIGTERM, SIGINT and SIGHUP in turn: 1000
#   --networks   random networks that train under the address sanitizer: 10000
#   --step       fail each N-th allocation: 1
#   --again      forget what ended well
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=600 kills=1000 networks=10000 step=1 folder=.build/soak
while (($#)); do
  case $1 in
    --seconds) seconds=$2 && shift 2 ;;
    --kills) kills=$2 && shift 2 ;;
    --networks) networks=$2 && shift 2 ;;
    --step) step=$2 && shift 2 ;;
    --again) rm -rf "$folder" && shift ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done
mkdir -p "$folder"
swift=${SWIFT:-swift}
failures=0

# Runs a command unless it has ended well before: job NAME COMMAND...
job() {
  local name=$1
  shift
  if [ -e "$folder/$name.done" ]; then return; fi
  echo "$name: $*"
  local begin=$SECONDS
  if "$@" >"$folder/$name.log" 2>&1; then
    printf '%s, %s s' "$(date +%F)" $((SECONDS - begin)) >"$folder/$name.done"
  else
    failures=$((failures + 1))
    echo "$name FAILED, see $folder/$name.log" >&2
  fi
}

tests() { "$swift" test -c release -Xswiftc -enable-testing --filter "$1"; }

job build "$swift" build -c release
job faults .build/release/fault-probe
job allocations .build/release/fault-probe allocations "$step"
job kills Tests/kill-resume.sh --kills "$kills" --signal MIXED -- --limit 600 --epochs 6
job files tests 'FilesTests|FuzzTests'
job determinism tests 'DeterminismTests|ResumptionTests|KilledTraining'
job sanitize make sanitize NETWORKS="$networks"
job fuzz Tests/Fuzz/run.sh "$seconds"

# The line of each log that counts.
counted() {
  case $1 in
    faults) grep -E '^(prefixes|faults):' "$folder/faults.log" | paste -sd ';' ;;
    allocations) paste -sd ';' "$folder/allocations.log" ;;
    kills) grep 'times SIG' "$folder/kills.log" ;;
    fuzz) tail -n 1 "$folder/fuzz.log" ;;
    files | determinism) grep -oE 'Test run with .*' "$folder/$1.log" | tail -n 1 ;;
    sanitize)
      {
        grep '^x86' "$folder/sanitize.log"
        grep -E '^[0-9]+ networks$' "$folder/sanitize.log" | tail -n 1
        grep -oE 'Test run with .*' "$folder/sanitize.log"
      } | paste -sd ';'
      ;;
  esac
}
echo
printf '| %s | %s | %s |\n|---|---|---|\n' Campaign Count Run
for name in faults allocations kills files determinism sanitize fuzz; do
  if [ -e "$folder/$name.done" ]; then
    printf '| %s | %s | %s |\n' "$name" "$(counted "$name" || true)" "$(cat "$folder/$name.done")"
  fi
done
[ $failures -eq 0 ]
