#!/usr/bin/env bash
# Fails on lines of Swift, C and Markdown that are wider than 100 characters, the width that
# .editorconfig declares, comments and pages included: Tools/check-width.sh. Markdown's tables, which
# cannot be broken, may be wider.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wide=$(LC_ALL=C.UTF-8 grep -rnE '^.{101,}$' --include='*.swift' --include='*.[ch]' \
  --include='*.md' \
  Sources Tests Examples Benchmarks Tools Documentation .github ./*.md Package.swift |
  grep -vE '^[^:]*\.md:[0-9]+:[ ]*\|' || true)
if [ -n "$wide" ]; then
  printf 'lint: wider than 100 characters:\n%s\n' "$wide" | cut -c 1-180 >&2
  exit 1
fi
