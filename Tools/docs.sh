#!/usr/bin/env bash
# Builds the reference and the guides into a static site, .build/docs/site, by the toolchain's DocC:
# Tools/docs.sh. Fails on any of DocC's warnings, and on a public symbol that no topic names.
#
# The modules that the umbrella re-exports become one module, as `import Pinion` makes them one for
# users; the products beside it are modules of their own. The guides are README.md, CONTRIBUTING.md
# and Documentation/*.md: they are not copied in the repository, but turned into articles here.
# BASE_PATH: the path under which the site will be served, such as pinion; its root if empty.
# BUILT: a folder of modules that are up to date, such as .build/release after `make test`, whose
# flags are not those of this script's build; empty: the products are built first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift=${SWIFT:-swift}
toolchain=$(dirname "$(readlink -f "$(command -v "$swift")")")
products=(PinionImages PinionDownload PinionLinearAlgebra PinionInterchange PinionDistributed)
mapfile -t umbrella < <(sed -n 's/^@_exported public import //p' Sources/Pinion/Pinion.swift)
out=.build/docs
rm -rf "$out"
mkdir -p "$out"

folder=${BUILT:-}
if [ -z "$folder" ]; then
  for product in Pinion "${products[@]}"; do
    "$swift" build -c release --product "$product"
  done
  folder=$("$swift" build -c release --show-bin-path)
fi

# C modules, which the library modules import.
maps=()
for map in Sources/C*/module.modulemap "$folder"/CPinion*.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done

# symbols MODULE FOLDER: writes the symbol graphs of a module.
symbols() {
  mkdir -p "$2"
  "$toolchain/swift-symbolgraph-extract" -module-name "$1" -I "$folder/Modules" "${maps[@]}" \
    -target "$(uname -m)-unknown-linux-gnu" -minimum-access-level public \
    -skip-inherited-docs -skip-synthesized-members -output-dir "$2"
}

# convert NAME: makes an archive of the catalog and the symbol graphs of a module.
convert() {
  mkdir -p "$out/$1.docc"
  "$toolchain/docc" convert "$out/$1.docc" --additional-symbol-graph-dir "$out/symbols/$1" \
    --fallback-display-name "$1" --fallback-bundle-identifier "pinion.$1" --warnings-as-errors \
    --transform-for-static-hosting ${BASE_PATH:+--hosting-base-path "$BASE_PATH"} \
    --output-path "$out/$1.doccarchive"
}

# guide FILE ARTICLE [TITLE]: turns a page of the repository into an article. Links among the guides
# lead to articles, those to other files of the repository lose their target.
guide() {
  sed -E -e "${3:+1s/.*/# $3/}" \
    -e "s#\]\((\.\./)?(Documentation/)?($guides)\.md(\#[^)]*)?\)#](doc:\3)#g" \
    -e 's#\]\((\.\./)?README\.md(\#[^)]*)?\)#](doc:GettingStarted)#g' \
    -e 's#\]\((\.\./)?CONTRIBUTING\.md(\#[^)]*)?\)#](doc:Contributing)#g' \
    -e 's#(!\[[^]]*\])\(([^):]*/)?([^)/:]*)\)#\1(\3)#g' \
    -e 's#(^|[^!])\[([^]]*)\]\(([^):]*)\)#\1\2#g' "$1" > "$out/Pinion.docc/$2.md"
}

guides=$(basename -s .md Documentation/*.md | paste -sd '|')
mkdir -p "$out/Pinion.docc"
cp Documentation/Pinion.docc/* "$out/Pinion.docc/"
for page in Documentation/*.md; do
  name=$(basename "$page" .md)
  guide "$page" "$name"
done
guide README.md GettingStarted "Getting started"
guide CONTRIBUTING.md Contributing
find Documentation \( -name '*.svg' -o -name '*.png' \) -exec cp {} "$out/Pinion.docc/" \;

for module in "${umbrella[@]}"; do
  symbols "$module" "$out/symbols/$module"
  for graph in "$out/symbols/$module"/*.json; do
    name=$(basename "$graph")
    # A graph's name tells the module, and behind an @ the one whose types it extends. What extends
    # another of these modules belongs to the one that they become.
    case "$name" in
      *@Pinion* | "$module.symbols.json") target=Pinion.symbols.json ;;
      *) target=Pinion@${name#*@} ;;
    esac
    place=$out/symbols/Pinion/${name%.symbols.json}
    mkdir -p "$place"
    sed -E 's/("(extendedModule|module":\{"name)":)"Pinion[A-Za-z]*"/\1"Pinion"/g' "$graph" \
      > "$place/$target"
  done
done
convert Pinion
for product in "${products[@]}"; do
  cp -r "Documentation/$product.docc" "$out/"
  symbols "$product" "$out/symbols/$product"
  convert "$product"
done

# Types and functions of each module that no topic names.
for module in Pinion "${products[@]}"; do
  topics=Documentation/$module.docc/$module.md
  find "$out/symbols/$module" -name "$module.symbols.json" -exec cat {} + |
    grep -oE '"pathComponents":\["[^"]*"\]' | sed -E 's/.*\["(.*)"\]/\1/' |
    sort -u > "$out/declared"
  sed -nE 's/^- ``([^`]*)``$/\1/p' "$topics" | sort -u > "$out/grouped"
  if missing=$(comm -23 "$out/declared" "$out/grouped" | grep .); then
    printf 'docs: no topic of %s names\n%s\n' "$topics" "$missing" >&2
    exit 1
  fi
done

"$toolchain/docc" merge "$out"/*.doccarchive --output-path "$out/site" \
  --synthesized-landing-page-name Pinion
printf 'docs: %s, to be served: python3 -m http.server --directory %s\n' "$out/site" "$out/site"
