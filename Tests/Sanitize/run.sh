#!/usr/bin/env bash
# Builds the C kernels with the address and the undefined-behavior sanitizer for each instruction set that they are
# dispatched to, and runs them over random shapes: Tests/Sanitize/run.sh [SHAPES [LEVEL...]], LEVEL an optimization level such as O1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

shapes=${1:-3000}
# O1 keeps the loops as they are written, with a frame for each in reports; O3, as in a release, vectorizes them.
levels=("${@:2}")
[ ${#levels[@]} -gt 0 ] || levels=(O1 O3)
# Loops that ask to be vectorized cannot be at O1, hence -Wno-pass-failed.
# The toolchain's own compiler, which builds the kernels.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
build=.build/sanitize
mkdir -p "$build"

if [ "$(uname -m)" = x86_64 ]; then
  sets=(x86-64 x86-64-v3 x86-64-v4)
else
  sets=(native)
fi
for set in "${sets[@]}"; do
  for level in "${levels[@]}"; do
    "$clang" "-$level" -g -Wall -Wextra -Werror -Wno-pass-failed "-march=$set" -fsanitize=address,undefined \
      -fno-sanitize-recover=all -fno-omit-frame-pointer -fuse-ld=lld -I Sources/CKernels/include \
      Sources/CKernels/*.c Tests/Sanitize/*.c -lm -o "$build/kernels-$set-$level"
    printf '%s, -%s: ' "$set" "$level"
    "$build/kernels-$set-$level" "$shapes"
  done
done
