#!/usr/bin/env bash
# Trains an example over ranks on test hosts: network namespaces with names and addresses of their own, which
# a bridge connects. Kills a rank in the middle of an epoch and resumes with fewer, again and again; then stops
# a rank, and cuts a host off: the job must end within the time-out with a message. Needs root, and Open MPI.
#
# usage: Tests/distributed-hosts.sh [--program FILE] [--hosts N] [--kills N] [--rate RATE] [-- OPTIONS]
#
#   --program   the example; the optimized build of fashion-mnist by default
#   --hosts     a power of two: 4
#   --kills     how many runs lose a rank: 20
#   --rate      of each host's network, such as 1gbit; unlimited by default
#   OPTIONS     further options of the example
#
# With `--measure FILE`, runs FILE (exchange-benchmark) on the hosts and does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program= hosts=4 kills=20 rate= measured=
while (($#)); do
  case $1 in
    --program) program=$2 && shift 2 ;;
    --hosts) hosts=$2 && shift 2 ;;
    --kills) kills=$2 && shift 2 ;;
    --rate) rate=$2 && shift 2 ;;
    --measure) measured=$2 && shift 2 ;;
    --) shift && break ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done
options=(--model personal --epochs 2 --limit 3000 --seed 7 --threads 1 "$@")
: "${program:=$(swift build -c release --show-bin-path)/fashion-mnist}"
command -v mpirun.openmpi >/dev/null || { echo "no mpirun.openmpi: install openmpi-bin" >&2 && exit 2; }

folder=$(mktemp -d)
name=pn$$
clean() {
  local host process
  trap '' INT TERM HUP
  # No other process is on these hosts, or has this folder in its arguments: mpirun has.
  {
    for ((host = 1; host <= hosts; host++)); do ip netns pids "$name-$host" 2>/dev/null || true; done
    pgrep -f -- "$folder/" || true
  } | while read -r process; do kill -KILL "$process" 2>/dev/null || true; done
  for ((host = 1; host <= hosts; host++)); do ip netns del "$name-$host" 2>/dev/null || true; done
  for ((host = 1; host <= hosts; host++)); do ip link del "$name-$host" 2>/dev/null || true; done
  ip link del "$name" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP

ip link add "$name" type bridge
ip addr add 10.213.0.254/24 dev "$name"
ip link set "$name" up
addresses=()
for ((host = 1; host <= hosts; host++)); do
  ip netns add "$name-$host"
  ip link add "$name-$host" type veth peer name eth0 netns "$name-$host"
  ip link set "$name-$host" master "$name" up
  ip -n "$name-$host" addr add "10.213.0.$host/24" dev eth0
  ip -n "$name-$host" link set eth0 up
  ip -n "$name-$host" link set lo up
  if [[ -n $rate ]]; then
    # Both directions of the host's network.
    tc -n "$name-$host" qdisc add dev eth0 root tbf rate "$rate" burst 256k latency 50ms
    tc qdisc add dev "$name-$host" root tbf rate "$rate" burst 256k latency 50ms
  fi
  addresses+=("10.213.0.$host:1")
done

# In place of ssh: a host's name is what Open MPI tells hosts apart by.
cat >"$folder/agent" <<AGENT
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
host=\${1##*.}
shift
exec ip netns exec "$name-\$host" unshare --uts sh -c "hostname $name-\$host; \$*"
AGENT
chmod +x "$folder/agent"

# Runs a command on the first N hosts: launch N COMMAND. mpirun learns by keepalives that a host is lost: here after
# 6 s, by default after 8 minutes, or when TCP gives up if the ranks' time-out came first.
launch() {
  local count=$1
  shift
  local list
  list=$(IFS=, && echo "${addresses[*]:0:count}")
  mpirun.openmpi --allow-run-as-root -n "$count" --host "$list" --bind-to none \
    --mca plm rsh --mca plm_rsh_agent "$folder/agent" --mca pml ob1 --mca btl tcp,self \
    --mca btl_tcp_if_include 10.213.0.0/24 --mca oob_tcp_if_include 10.213.0.0/24 \
    --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 \
    --mca orte_tmpdir_base "$folder" "$@"
}

if [[ -n $measured ]]; then
  launch "$hosts" "$measured"
  exit
fi

digest() { sed -n 's/.*"weightsSHA256" : "\(.*\)".*/\1/p' "$1/run.json"; }
fail() {
  echo "FAILED: $*" >&2
  tail -c 3000 "$folder/log" >&2
  exit 1
}
# Trains on ranks: train NAME RANKS [OPTIONS].
train() {
  local run=$1 count=$2
  shift 2
  launch "$count" "$program" "${options[@]}" --distributed --output "$folder/$run" \
    --json "$folder/$run/run.json" --checkpoint-every 1 "$@" >"$folder/log" 2>&1
}
# The weights and the history of a run are those of one process.
compare() {
  [[ $(digest "$folder/$1") == "$expected" ]] || fail "$2: other weights"
  cmp "$folder/single/history.csv" "$folder/$1/history.csv" || fail "$2: another history"
}
# The process of a rank, which runs on the host of the next number.
process_of() {
  local process
  for process in $(ip netns pids "$name-$(($1 + 1))"); do
    [[ $(readlink "/proc/$process/exe") != "$(realpath "$program")" ]] || echo "$process"
  done
}
# Complete epochs, and batches of the next one, of a run's last checkpoint: read -r epoch batch.
position() {
  local header epoch=-1 batch=-1
  header=$(head -c 100000 "$folder/$1/checkpoint.safetensors" 2>/dev/null | tr -d '\\\0') || true
  if [[ $header =~ \"batch\":([0-9]+) ]]; then batch=${BASH_REMATCH[1]}; fi
  if [[ $header =~ \"epoch\":([0-9]+) ]]; then epoch=${BASH_REMATCH[1]}; fi
  echo "$epoch $batch"
}
# Waits until a run is in its first or second epoch and behind one of its first batches, by lot.
until_training() {
  local first=$((RANDOM % 2)) least=$((RANDOM % 20 + 1)) epoch=-1 batch=-1
  until ((epoch > first || epoch == first && batch >= least)); do
    kill -0 "$job" 2>/dev/null || fail "the job ended before it was disturbed"
    sleep 0.05
    read -r epoch batch < <(position "$1")
  done
}

mkdir -p "$folder/single"
"$program" "${options[@]}" --output "$folder/single" --json "$folder/single/run.json" \
  >"$folder/log" 2>&1 || fail "one process"
expected=$(digest "$folder/single")
echo "one process: $expected"
train undisturbed "$hosts" || fail "$hosts ranks"
compare undisturbed "$hosts ranks"
echo "$hosts ranks on as many hosts: equal"

for ((number = 1; number <= kills; )); do
  rank=$((RANDOM % hosts))
  train run "$hosts" &
  job=$!
  until_training run
  kill -KILL "$(process_of $rank)" || fail "rank $rank ended before it was killed"
  wait "$job" && fail "the job outlived its rank"
  grep -q "process rank $rank .*signal 9" "$folder/log" || fail "no message about the killed rank $rank"
  read -r epoch batch < <(position run)
  # Not between two epochs, nor in the evaluation after them: those runs do not count.
  if ((batch > 0)); then
    train run $((hosts / 2)) --resume || fail "the resumed run"
    compare run "rank $rank of $hosts killed"
    echo "$number of $kills: rank $rank of $hosts killed after batch $batch of epoch $((epoch + 1))," \
      "resumed on $((hosts / 2)): equal"
    ((number += 1))
  fi
  rm -rf "$folder/run"
done

# ends EVENT MESSAGE: the job ends within the time-out, with a message.
timeout=20
ends() {
  local start=$SECONDS
  wait "$job" && fail "$1: the job succeeded"
  local seconds=$((SECONDS - start)) line rank
  ((seconds <= timeout)) || fail "$1: the job took $seconds s to end"
  line=$(tr '\r' '\n' <"$folder/log" | grep -aoE "$2" | head -1) || fail "$1: no message"
  for ((rank = 0; rank < hosts; rank++)); do
    [[ -z $(process_of $rank) ]] || fail "$1: rank $rank is left"
  done
  echo "$1: ended after $seconds s at a time-out of $timeout s: $line"
}
for rank in 0 $((hosts - 1)); do
  train "stopped-$rank" "$hosts" --rank-timeout $timeout &
  job=$!
  until_training "stopped-$rank"
  kill -STOP "$(process_of $rank)" || fail "rank $rank ended before it was stopped"
  ends "rank $rank stopped" "rank [0-9]+: no message .* rank $rank did not answer.*"
done
for rank in 0 $((hosts - 1)); do
  train "cut-$rank" "$hosts" --rank-timeout $timeout &
  job=$!
  until_training "cut-$rank"
  ip link set "$name-$((rank + 1))" down
  ends "the host of rank $rank cut off" \
    "rank [0-9]+: no message .* rank $rank did not answer.*|Remote daemon: .* on node 10.213.0.$((rank + 1))$"
  ip link set "$name-$((rank + 1))" up
done
