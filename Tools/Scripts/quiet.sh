#!/bin/bash
# Runs one step of the build and says in one line how it went: quiet.sh NAME COMMAND...
#
# What the command prints goes to .build/logs/NAME.log; when it fails, the lines that say why are
# shown.
set -uo pipefail
name=$1
shift
mkdir -p .build/logs
log=.build/logs/$name.log

# Steps that run side by side show when they are done only.
shows_start=0
if [[ -t 1 && ${MAKEFLAGS-} != *-j* ]]; then shows_start=1; fi
if ((shows_start)); then printf '  %-10s …' "$name"; fi
begin=$(date +%s%N)
"$@" >"$log" 2>&1 </dev/null
status=$?
tenths=$((($(date +%s%N) - begin) / 100000000))
if ((shows_start)); then printf '\r'; fi

if ((status == 0)); then
  printf '  %-10s done in %d.%d s\n' "$name" $((tenths / 10)) $((tenths % 10))
  exit 0
fi
{
  printf '  %-10s FAILED, status %d: %s\n' "$name" "$status" "$*"
  # The compilers' and linkers' errors with what follows them; without any, the end of the log.
  if ! grep -E -A 4 -m 8 '(^|[ :])(fatal )?error:|undefined (symbol|reference)' "$log" |
    sed 's/^/  | /'; then
    tail -n 30 "$log" | sed 's/^/  | /'
  fi
  echo "  All of it is in $log"
} >&2
exit "$status"
