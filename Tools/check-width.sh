#!/usr/bin/env bash
# Fails on comments of Swift and C, and on text of Markdown, wider than 100 characters, the width
# that .editorconfig declares: Tools/check-width.sh. The formatters check code. What cannot be broken
# may be wider: a single word, tables and code blocks of Markdown.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folders=(Sources Tests Examples Benchmarks Tools Documentation .github)
wide=$(
  export LC_ALL=C.UTF-8
  {
    grep -rnE '^ *//' --include='*.swift' --include='*.[ch]' "${folders[@]}" Package.swift
    find "${folders[@]}" ./*.md -name '*.md' -exec \
      awk '/^ *```/ { code = !code } FNR == 1 { code = /^ *```/ }
        !code && !/^ *\|/ && !/^    / { print FILENAME ":" FNR ":" $0 }' {} +
  } | grep -E '^[^:]*:[0-9]+:.{101,}$' | grep -vE '^[^:]*:[0-9]+: *(//+ *)?[^ ]*$'
) || true
if [ -n "$wide" ]; then
  printf 'lint: wider than 100 characters:\n%s\n' "$wide" >&2
  exit 1
fi
