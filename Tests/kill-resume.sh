#!/usr/bin/env bash
# Interrupts a run of an example again and again, and resumes it each time: it must end with the weights,
# the history and the test results of a run that nobody disturbed. `make test-resume` runs it.
#
# usage: Tests/kill-resume.sh [--example NAME] [--kills N] [--signal NAME] [--seed N] [--keep DIR] [-- OPTIONS]
#
#   --example   fashion-mnist (the default), cifar10 or cifar100
#   --kills     how many interruptions in all: 200
#   --signal    KILL (the default), INT as by Ctrl-C, TERM, HUP, or MIXED for all of them in turn
#   --seed      what the moments depend on: 1
#   --keep      work in this folder and leave it, instead of one that is removed
#   OPTIONS     further options of the example, such as --data DIR
#
# The moments are drawn in equal parts: anywhere in the run, in its start-up, while a checkpoint is being
# written, and from the end of training to the end of the program. The process is stopped, looked at,
# and then killed, so that what is counted is what was so at that moment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

example=fashion-mnist kills=200 signal=KILL seed=1 folder=
while (($#)); do
  case $1 in
    --example) example=$2 && shift 2 ;;
    --kills) kills=$2 && shift 2 ;;
    --signal) signal=$2 && shift 2 ;;
    --seed) seed=$2 && shift 2 ;;
    --keep) folder=$2 && shift 2 ;;
    --) shift && break ;;
    *) sed -n '2,17s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done
case $signal in
  KILL | INT | TERM | HUP) signals=("$signal") ;;
  MIXED) signals=(KILL TERM INT HUP) ;;
  *) echo "--signal must be KILL, INT, TERM, HUP or MIXED" >&2 && exit 2 ;;
esac
# The status of a run that a signal ended.
declare -A ends=([KILL]=137 [INT]=130 [TERM]=143 [HUP]=129)

# Small networks and few images; a rate so high that the validation loss soon stops falling, so that
# early stopping is waiting most of the time and ends the run.
options=(
  --epochs 20 --limit 3000 --batch-size 50 --optimizer nadam --learning-rate 0.01 --patience 3
  --schedule exponential=0.95 --augment flip --augment rotation=10 --augment mixup --standardize
  --checkpoint-every 3 --seed "$seed"
)
[[ $example == cifar100 ]] || options+=(--model mlp)
options+=("$@")

if [[ -z $folder ]]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder"
folder=$(realpath "$folder")
RANDOM=$seed

# A copy, so that a build meanwhile changes nothing.
cp "$(swift build -c release --show-bin-path)/$example" "$folder/program" \
  || { echo "first: swift build -c release --product $example" >&2 && exit 2; }

fail() {
  echo "FAILED: $*" >&2
  echo "--- the last output:" >&2
  tail -c 2000 "$folder/log" >&2
  exit 1
}

# Starts a run in the background; `process` is its id.
start() {
  local output=$1
  shift
  : >"$folder/log"
  # A shell's background processes ignore Ctrl-C otherwise; output that is no terminal's waits for a whole block.
  env --default-signal=INT,TERM,HUP stdbuf -oL "$folder/program" "${options[@]}" --output "$output" --json "$output/run.json" \
    "$@" >>"$folder/log" 2>&1 &
  process=$!
}

now() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Sleeps for some milliseconds.
nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# Sleeps for a random number of milliseconds below the given one.
nap_below() { nap $(((RANDOM * 32768 + RANDOM) % ($1 > 0 ? $1 : 1))); }

running() { [[ $(process_state) == [^Z] ]]; }

process_state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$process/status" 2>/dev/null || true; }

until_output() { while running && ! grep -q "^$1" "$folder/log"; do nap 5; done; }

# Stops the process; fails if it has ended.
stop() {
  kill -STOP "$process" 2>/dev/null || return 1
  while true; do
    case $(process_state) in
      T) return 0 ;;
      Z | '') return 1 ;;
    esac
  done
}

# Whether the process has a file open that is to be put in place in a folder, but is not yet.
is_writing() {
  [[ -n $(find "/proc/$process/fd" \( -lname "$1/.pinion-*" -o -lname "$1/#*" \) 2>/dev/null) ]]
}

# A number out of the state in a checkpoint.
state() { head -c 100000 "$1" | grep -ao '\\"'"$2"'\\":[0-9]*' | head -1 | cut -d: -f2; }

# How many epochs early stopping has been waiting for: the callback whose state says so.
waiting() {
  head -c 100000 "$1" | grep -ao '\\"values\\":\\"[A-Za-z0-9+/=]*' | cut -d'"' -f4 \
    | while read -r values; do base64 -d <<<"$values"; done | grep -o '"wait":[0-9]*' | cut -d: -f2
}

temporary_files() { find "$1" -name '.pinion-*' | wc -l; }

# What must be equal: all but speed, memory and threads.
results() { grep -Ev '"(trainImagesPerSecond|trainSeconds|peakMemoryBytes|threads|command|date)"' "$1/run.json"; }

echo "undisturbed: $example ${options[*]}"
begin=$(now)
start "$folder/undisturbed"
until_output 'Training on'
startup=$(($(now) - begin))
until_output 'Weights saved'
training=$(($(now) - begin))
wait "$process" || fail "the undisturbed run ended with $?"
whole=$(($(now) - begin))
grep -E '"(epochsRun|bestEpoch|weightsSHA256)"' "$folder/undisturbed/run.json"
echo "$whole ms, of which $startup ms start-up and $((training - startup)) ms training"

moments=(anywhere start checkpoint end)
# How often each is chosen: once training has ended, a run has little left to be interrupted in.
draws=(0 0 0 1 2 2 2 3)
counts=(0 0 0 0)
interruptions=0 runs=0 writing=0 afresh=0 epochs=0 batches=0 waits=0
output=$folder/run
checkpoint=$output/checkpoint.safetensors
while ((interruptions < kills)); do
  rm -rf "$output"
  mkdir "$output"
  places= ended=0
  while true; do
    start "$output" --resume --threads $((RANDOM % 2 + 1))
    moment=-1
    if ((interruptions < kills && (!ended || RANDOM % 2))); then
      moment=${draws[RANDOM % ${#draws[@]}]}
      case ${moments[moment]} in
        anywhere) nap_below $((whole / 2)) ;;
        start) nap_below $((startup * 5 / 4)) ;;
        checkpoint)
          nap_below $((training / 2))
          while running; do
            if is_writing "$output" && stop; then
              if is_writing "$output"; then break; fi
              kill -CONT "$process"
            fi
          done
          ;;
        end)
          until_output 'Weights saved'
          nap_below $((whole - training))
          ;;
      esac
      if stop; then
        was_writing=0
        if is_writing "$output"; then was_writing=1; fi
        sent=${signals[interruptions % ${#signals[@]}]}
        kill "-$sent" "$process"
        # A signal other than KILL waits until the process goes on.
        [[ $sent == KILL ]] || kill -CONT "$process"
      else
        moment=-1
      fi
    fi
    status=0
    wait "$process" 2>/dev/null || status=$?
    if ((status == 0)); then break; fi
    [[ $moment != -1 && $status == "${ends[$sent]}" ]] \
      || fail "the run ended with $status after $interruptions interruptions"
    interruptions=$((interruptions + 1)) writing=$((writing + was_writing))
    counts[moment]=$((counts[moment] + 1))
    if grep -q '^Weights saved' "$folder/log"; then ended=1; fi
    if [[ -e $checkpoint ]]; then
      epoch=$(state "$checkpoint" epoch) batch=$(state "$checkpoint" batch)
      waited=$(waiting "$checkpoint")
      places+=" $((epoch + 1))/$batch"
      epochs=$((epochs + (batch == 0))) batches=$((batches + (batch > 0)))
      waits=$((waits + (waited > 0)))
    else
      places+=" -"
      afresh=$((afresh + 1))
    fi
  done
  runs=$((runs + 1))
  diff <(results "$folder/undisturbed") <(results "$output") >&2 || fail "the results differ"
  cmp "$folder/undisturbed/history.csv" "$output/history.csv" || fail "the histories differ"
  # A kill may fall between naming a file that is complete and renaming it, but not often.
  left=$(temporary_files "$output")
  ((left <= 1)) || fail "$left temporary files are left"
  echo "run $runs, $interruptions of $kills: equal; went on from epoch/batch${places:- nowhere}"
done

cat <<END
$interruptions times SIG$signal in $runs runs of $example, all with the weights, history and results of the undisturbed one
moments: ${counts[0]} anywhere, ${counts[1]} at the start, ${counts[2]} at a checkpoint, ${counts[3]} at the end
a file was being written at $writing of them
went on: $afresh times from nothing, $epochs from the end of an epoch, $batches from within one
early stopping was waiting at $waits of the resumptions
END
