#!/usr/bin/env bash
# Builds the C kernels with the address and the undefined-behavior sanitizer for each instruction set that they are
# dispatched to, and runs them over random shapes: Tests/Sanitize/run.sh [SHAPES [LEVEL...]], LEVEL an optimization level such as O1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

shapes=${1:-3000}
# O1 keeps the loops as they are written, with a frame for each in reports; O3, as in a release, vectorizes them.
levels=("${@:2}")
[ ${#levels[@]} -gt 0 ] || levels=(O1 O3)
# Loops that ask to be vectorized cannot be at O1, hence -Wno-pass-failed. Checks of pointers' additions
# would triple the time of compilation; what is read or written there, the address sanitizer checks.
flags=(-g -Wall -Wextra -Werror -Wno-pass-failed -fsanitize=address,undefined
  -fno-sanitize=pointer-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer -I Sources/CKernels/include)
# The toolchain's own compiler, which builds the kernels.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
build=.build/sanitize
mkdir -p "$build"

# Whether the processor runs an instruction set. Compiling for one that it lacks takes a minute.
runs() {
  [ "$1" = native ] && return
  echo "int main(void) { return !__builtin_cpu_supports(\"$1\"); }" |
    "$clang" -Werror -x c - -o "$build/probe" || exit
  "$build/probe"
}

if [ "$(uname -m)" = x86_64 ]; then
  sets=(x86-64 x86-64-v3 x86-64-v4)
else
  sets=(native)
fi
for set in "${sets[@]}"; do
  if ! runs "$set"; then
    echo "$set: not for this processor"
    continue
  fi
  for level in "${levels[@]}"; do
    objects=$build/$set-$level
    rm -rf "$objects"
    mkdir -p "$objects"
    # As many files at a time as there are processors, named by their paths: some have one name.
    for file in Sources/CKernels/*.c Tests/Sanitize/*.c; do
      printf '%s\n' "$file" -o "$objects/${file//\//-}.o"
    done | xargs -n 3 -P "$(nproc)" "$clang" "-$level" "-march=$set" "${flags[@]}" -c
    "$clang" -fsanitize=address,undefined -fuse-ld=lld "$objects"/*.o -lm -o "$objects/kernels"
    printf '%s, -%s: ' "$set" "$level"
    "$objects/kernels" "$shapes"
  done
done
