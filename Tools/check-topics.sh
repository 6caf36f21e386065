#!/usr/bin/env bash
# Fails on a guide of Documentation that no topic of the reference names: Tools/check-topics.sh.
# DocC would publish such a page without a link to it. Tools/docs.sh checks the symbols' topics,
# which takes a build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

topics=Documentation/Pinion.docc/Pinion.md
for page in Documentation/*.md; do
  name=$(basename "$page" .md)
  if ! grep -q -- "^- <doc:$name>$" "$topics"; then
    echo "lint: no topic of $topics names <doc:$name>" >&2
    exit 1
  fi
done
