#!/bin/bash
# Searches with libFuzzer for input that breaks a parser or the NIC: fuzz.sh PROGRAM SECONDS
#
# Each target gets its share of the time and starts from Fuzz/Corpus/<target>; what covers new
# code is kept under .build/fuzz-corpus for the next search. An input that breaks something is
# left under .build/fuzz-corpus/broken; copied into Fuzz/Corpus/<target>, it is a test.
set -uo pipefail
cd "$(dirname "$0")/../.."

program=$1
targets=(Fuzz/Corpus/*/)
share=$(($2 / ${#targets[@]}))
((share > 0)) || share=1
mkdir -p .build/fuzz-corpus/broken .build/logs
status=0
for folder in "${targets[@]}"; do
  target=$(basename "$folder")
  log=.build/logs/fuzz-$target.log
  found=.build/fuzz-corpus/$target
  mkdir -p "$found"
  # -rss_limit_mb: a parser that allocates without bound is broken, too.
  if WENGEN_FUZZ=$target "$program" -max_total_time="$share" -timeout=10 -rss_limit_mb=1024 \
    -max_len=8192 -artifact_prefix=".build/fuzz-corpus/broken/$target-" \
    "$found" "$folder" >"$log" 2>&1 </dev/null; then
    printf '  %-14s %s\n' "$target" "$(grep -E '^Done [0-9]+ runs' "$log"), $(
      grep -oE 'cov: [0-9]+' "$log" | tail -n 1)"
  else
    status=1
    echo "  $target is broken; all of it is in $log:"
    grep -E 'Fatal error|ERROR:|SUMMARY|Test unit written' "$log" | head -n 8 | sed 's/^/  | /'
  fi
done
exit "$status"
