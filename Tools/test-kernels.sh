#!/usr/bin/env bash
# Runs the tests with each of OpenBLAS's kernels that this processor supports. Arguments: values of
# OPENBLAS_CORETYPE, or "unset" for OpenBLAS's own choice; default: all. The tests are built as
# `swift test` builds them: `swift build --build-tests` has other flags, and compiles all anew.
# Targets without matrix products are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift=${SWIFT:-swift}
flags=(-c release -Xswiftc -enable-testing)
kernels=("$@")
if [ ${#kernels[@]} = 0 ]; then
  kernels=(Prescott Nehalem Sandybridge Haswell Zen SkylakeX Cooperlake unset)
fi

# The flags of /proc/cpuinfo that a kernel requires.
needs() {
  case $1 in
  unset) ;;
  Prescott) echo pni ;;
  Nehalem) echo sse4_2 ;;
  Sandybridge) echo avx ;;
  Haswell | Zen) echo avx2 fma ;;
  SkylakeX) echo avx512f avx512cd avx512bw avx512dq avx512vl ;;
  Cooperlake) echo avx512f avx512cd avx512bw avx512dq avx512vl avx512_bf16 ;;
  *)
    echo "test-kernels: unknown kernel $1; expected Prescott, Nehalem, Sandybridge, Haswell, Zen," \
      "SkylakeX, Cooperlake and unset" >&2
    exit 2
    ;;
  esac
}

# Validate names before the build.
for kernel in "${kernels[@]}"; do needs "$kernel" >/dev/null; done
has=" $(sed -n 's/^flags[^:]*: *//p' /proc/cpuinfo | head -n 1) "

failed=()
for kernel in "${kernels[@]}"; do
  missing=
  for flag in $(needs "$kernel"); do
    [[ $has == *" $flag "* ]] || missing="$missing $flag"
  done
  if [ -n "$missing" ]; then
    printf '\n== %s: skipped, the processor lacks%s\n' "$kernel" "$missing"
    continue
  fi
  printf '\n== %s\n' "$kernel"
  # A test compares this name with the kernels that OpenBLAS reports.
  if [ "$kernel" = unset ]; then
    environment=(-u OPENBLAS_CORETYPE)
  else
    environment=("OPENBLAS_CORETYPE=$kernel")
  fi
  env "${environment[@]}" "$swift" test "${flags[@]}" \
    --skip '^(Data|Digest|Download|Fuzz|Images|Metrics|Visualization)Tests' ${FILTER:+--filter "$FILTER"} ||
    failed+=("$kernel")
done

if [ ${#failed[@]} != 0 ]; then
  printf '\ntest-kernels: failed with %s\n' "${failed[*]}" >&2
  exit 1
fi
