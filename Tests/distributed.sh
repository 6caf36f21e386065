#!/usr/bin/env bash
# Trains an example over ranks of MPI: the weights and the history must be those of one process, on any number
# of ranks and threads, after a rank was killed and the run resumed with fewer, and after SIGTERM.
# `make test-distributed` runs it.
#
# usage: Tests/distributed.sh [--program FILE] [--mpirun FILE] [--ranks "1 2 4"] [--threads "1 2"] [--kills N]
#                             [-- OPTIONS]
#
#   --program   the example; the optimized build of fashion-mnist by default
#   --mpirun    mpirun by default; mpirun.openmpi and mpirun.mpich are Debian's names
#   --ranks     the numbers of ranks
#   --threads   the numbers of threads of a rank
#   --kills     how many runs lose a rank: 2
#   OPTIONS     further options of the example, such as --model cnn
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program= mpirun=mpirun ranks='1 2 4' threads='1 2' kills=2
while (($#)); do
  case $1 in
    --program) program=$2 && shift 2 ;;
    --mpirun) mpirun=$2 && shift 2 ;;
    --ranks) ranks=$2 && shift 2 ;;
    --threads) threads=$2 && shift 2 ;;
    --kills) kills=$2 && shift 2 ;;
    --) shift && break ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done
options=(--model personal --epochs 2 --limit 1800 --seed 7 "$@")
: "${program:=$(swift build -c release --show-bin-path)/fashion-mnist}"
[[ -x $program ]] || { echo "first: swift build -c release --product fashion-mnist" >&2 && exit 2; }
command -v "$mpirun" >/dev/null || { echo "no $mpirun: install openmpi-bin or mpich" >&2 && exit 2; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The tests may run more ranks than there are cores, and as root. Open MPI waits for ranks to end
# after a signal before it kills them: those that wait for a rank that was killed do not end before
# their time-out.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_odls_base_sigkill_timeout=2
export OMPI_MCA_orte_tmpdir_base=/tmp

digest() { sed -n 's/.*"weightsSHA256" : "\(.*\)".*/\1/p' "$1/run.json"; }
fail() {
  echo "FAILED: $*" >&2
  tail -c 3000 "$folder/log" >&2
  exit 1
}

# Trains on ranks: train NAME RANKS THREADS [OPTIONS].
train() {
  local name=$1 count=$2 each=$3
  shift 3
  "$mpirun" -n "$count" "$program" "${options[@]}" --distributed --threads "$each" \
    --output "$folder/$name" --json "$folder/$name/run.json" "$@" >"$folder/log" 2>&1
}

# The weights and the history of a run are those of one process.
compare() {
  [[ $(digest "$folder/$1") == "$expected" ]] || fail "$2: other weights"
  cmp "$folder/single/history.csv" "$folder/$1/history.csv" || fail "$2: another history"
  echo "$2: equal"
}

# The processes of the job's ranks.
processes() { pgrep -f -- "--output $folder/$1 " | while read -r process; do
  [[ $(readlink "/proc/$process/exe") == "$(realpath "$program")" ]] && echo "$process"
done; }

"$program" "${options[@]}" --threads 1 --output "$folder/single" --json "$folder/single/run.json" \
  >"$folder/log" 2>&1 || fail "one process"
expected=$(digest "$folder/single")
echo "one process: $expected"

for count in $ranks; do
  for each in $threads; do
    train "$count-$each" "$count" "$each" || fail "$count ranks, $each threads"
    compare "$count-$each" "$count ranks, $each threads"
  done
done

most=$(tr ' ' '\n' <<<"$ranks" | sort -n | tail -1)
((most > 1)) || exit 0
for ((number = 0; number < kills; number++)); do
  train "killed-$number" "$most" 1 --checkpoint-every 1 &
  job=$!
  while kill -0 "$job" 2>/dev/null && [[ ! -e $folder/killed-$number/checkpoint.safetensors ]]; do
    sleep 0.05
  done
  sleep "0.$((RANDOM % 10))"
  victim=$(processes "killed-$number" | shuf -n 1)
  [[ -n $victim ]] || fail "the job ended before a rank was killed"
  kill -KILL "$victim"
  status=0
  wait "$job" || status=$?
  ((status)) || fail "the job outlived its rank"
  train "killed-$number" $((most / 2)) 1 --checkpoint-every 1 --resume || fail "the resumed run"
  compare "killed-$number" "$most ranks, one killed, resumed on $((most / 2))"
done

# For the first rank's checkpoint, which the others do not wait for; Open MPI waits for all of it, twice.
export OMPI_MCA_odls_base_sigkill_timeout=15
train terminated "$most" 1 --checkpoint-every 1000 &
job=$!
while kill -0 "$job" 2>/dev/null && [[ ! -e $folder/terminated/history.csv ]]; do
  sleep 0.05
done
sleep 0.5
for process in $(processes terminated); do kill -TERM "$process"; done
wait "$job" && fail "SIGTERM did not end the job"
grep -q '^Interrupted' "$folder/log" || fail "SIGTERM left no checkpoint"
train terminated 1 1 --resume || fail "the resumed run"
compare terminated "$most ranks, SIGTERM, resumed on 1"
