#!/usr/bin/env bash
# Trains an example over ranks on test hosts: network namespaces with names and addresses of their own, which
# a bridge connects. Kills a rank in the middle of an epoch and resumes with fewer, again and again; then cuts
# a host off and stops a rank: the job must end within the time-out with a message. Needs root, and Open MPI.
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
options=(--model personal --epochs 2 --limit 600 --seed 7 --threads 1 "$@")
: "${program:=$(swift build -c release --show-bin-path)/fashion-mnist}"
command -v mpirun.openmpi >/dev/null || { echo "no mpirun.openmpi: install openmpi-bin" >&2 && exit 2; }

folder=$(mktemp -d)
name=pn$$
clean() {
  for ((host = 1; host <= hosts; host++)); do ip netns del "$name-$host" 2>/dev/null || true; done
  ip link del "$name" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean EXIT

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

# Runs a command on the first N hosts: launch N COMMAND.
launch() {
  local count=$1
  shift
  local list
  list=$(IFS=, && echo "${addresses[*]:0:count}")
  mpirun.openmpi --allow-run-as-root -n "$count" --host "$list" --bind-to none \
    --mca plm rsh --mca plm_rsh_agent "$folder/agent" --mca pml ob1 --mca btl tcp,self \
    --mca btl_tcp_if_include 10.213.0.0/24 --mca oob_tcp_if_include 10.213.0.0/24 \
    --mca odls_base_sigkill_timeout 60 "$@"
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
train() {
  local run=$1 count=$2
  shift 2
  launch "$count" "$program" "${options[@]}" --distributed --output "$folder/$run" \
    --json "$folder/$run/run.json" --checkpoint-every 1 "$@" >"$folder/log" 2>&1
}
processes() {
  pgrep -f -- "--output $folder/$1 " | while read -r process; do
    [[ $(readlink "/proc/$process/exe") == "$(realpath "$program")" ]] && echo "$process"
  done
}
# Waits for a checkpoint in the first epoch of a run, and some steps more.
until_training() {
  while kill -0 "$job" 2>/dev/null && [[ ! -e $folder/$1/checkpoint.safetensors ]]; do sleep 0.05; done
  sleep "0.$((RANDOM % 10))"
}

mkdir -p "$folder/single"
"$program" "${options[@]}" --output "$folder/single" --json "$folder/single/run.json" \
  >"$folder/log" 2>&1 || fail "one process"
expected=$(digest "$folder/single")
echo "one process: $expected"

for ((number = 1; number <= kills; number++)); do
  train run "$hosts" &
  job=$!
  until_training run
  victim=$(processes run | shuf -n 1)
  [[ -n $victim ]] || fail "the job ended before a rank was killed"
  kill -KILL "$victim"
  wait "$job" && fail "the job outlived its rank"
  grep -Eq 'signal 9|Killed' "$folder/log" || fail "no message about the killed rank"
  train run $((hosts / 2)) --resume || fail "the resumed run"
  [[ $(digest "$folder/run") == "$expected" ]] || fail "other weights"
  echo "$number of $kills: a rank of $hosts killed, resumed on $((hosts / 2)), equal"
  rm -rf "$folder/run"
done

# ends EVENT: the job ends within the time-out, and some seconds to say so.
ends() {
  local start=$SECONDS
  wait "$job" && fail "$1: the job succeeded"
  local seconds=$((SECONDS - start))
  ((seconds <= 25)) || fail "$1: the job took $seconds s to end"
  grep -E 'did not answer|lost|unreachable|daemon|terminated' "$folder/log" | head -1
  echo "$1: ended after $seconds s"
}
train stopped "$hosts" --rank-timeout 10 &
job=$!
until_training stopped
kill -STOP "$(processes stopped | tail -1)"
ends "a stopped rank"
for process in $(processes stopped); do kill -KILL "$process"; done

train cut "$hosts" --rank-timeout 10 &
job=$!
until_training cut
ip link set "$name-$hosts" down
ends "a host that was cut off"
for process in $(processes cut); do kill -KILL "$process"; done
