#!/bin/bash
# Breaks the model and the loops on purpose, one line at a time, and sees whether a test notices:
# mutate.sh [--explorer] [part of a fault's name or of its file's]
#
# The faults are in Tests/Mutations/mutants.txt. Each is applied to a copy of the sources that is
# built again and again, one copy for every core of this machine (.build/mutate). First comes what
# is expected to notice: the suite that the fault names, or else the explorer; then everything
# else. The exit status is 0 only when every fault was caught, and a fault whose lines do not stand
# in its file exactly once is an error: nothing would be tested. With --explorer nothing but the
# explorer runs, and what it leaves to the tests survives.
set -uo pipefail
cd "$(dirname "$0")/../.."

explorer_only=0
if [[ ${1:-} == --explorer ]]; then
  explorer_only=1
  shift
fi
wanted=${1:-}
list=$PWD/Tests/Mutations/mutants.txt
out=$PWD/.build/mutate
every_suite='InterfaceTests|SchedulingTests|MarshallingTests|ModelTests|ExplorerTests'
workers=$(nproc)
# A mutant that hangs is caught, too: one that takes much longer than the sources as they are, which
# on a busy machine is long. Until that is known:
explorer_seconds=1800
tests_seconds=1800
# Only what a mutant can reach (Package.swift).
export WENGEN_TARGET=mutate

# --- One copy of the sources -------------------------------------------------------------------

# What worker $1 works on. The time stamps stay, so only what changed is built again.
use_copy() {
  tree=$out/$1/tree
  logs=$out/$1/logs
  mkdir -p "$tree" "$logs"
}

copy_sources() {
  find "$tree" -mindepth 1 -maxdepth 1 ! -name .build -exec rm -rf {} +
  git ls-files -z --cached --others --exclude-standard | tar --null -cf - -T - | tar -xf - -C "$tree"
}

# A mutant in a body that was inlined elsewhere must reach that place. A module that is compiled as
# a whole is compiled anew when what it imports changed.
build() {
  (cd "$tree" && swift build --build-system native -Xswiftc -whole-module-optimization \
    -Xswiftc -num-threads -Xswiftc 2 -Xswiftc -gnone "$@") >"$logs/build.log" 2>&1 </dev/null
}

# What runs, as one number: the same as without the mutant means that nothing was tested.
compiled() { cat "$tree"/.build/debug/wengen-explore "$tree"/.build/debug/*.xctest | cksum; }

# --- What may notice ---------------------------------------------------------------------------

# Each says in `verdict` what noticed the mutant, and leaves it empty when nothing did.
try_explorer() {
  local log=$logs/run.log status begin
  build --product wengen-explore || { verdict='DOES NOT COMPILE'; return; }
  begin=$SECONDS
  (cd "$tree" && timeout "$explorer_seconds" .build/debug/wengen-explore quick) \
    >"$log" 2>&1 </dev/null
  status=$?
  echo $((SECONDS - begin)) >"$logs/explorer.seconds"
  case $status in
    0) ;;
    1) verdict=$(awk '/^[A-Za-z0-9]+: / { rule = $1 }
         /^[0-9]+ cores?, / { split($0, part, ": "); scenario = part[1] }
         END { printf "explorer, %s %s\n", rule, scenario }' "$log") ;;
    124) verdict='explorer, hangs' ;;
    *) verdict="explorer, crash (status $status)" ;;
  esac
}

# The suites that $1 matches.
try_tests() {
  local log=$logs/run.log status begin
  build --build-tests || { verdict='DOES NOT COMPILE'; return; }
  begin=$SECONDS
  (cd "$tree" && timeout "$tests_seconds" swift test --build-system native --skip-build \
    --filter "^($1)\\.") >"$log" 2>&1 </dev/null
  status=$?
  echo $((SECONDS - begin)) >"$logs/tests.seconds"
  if ((status == 124)); then
    verdict='tests, hang'
  elif ((status != 0)); then
    verdict="test, $(grep -m 1 -oE 'Test "?[A-Za-z0-9 ,:]+"?(\([^)]*\))? recorded' "$log" |
      sed 's/^Test //; s/ recorded$//; s/(.*//')"
  elif ! grep -q 'Test run with [1-9]' "$log"; then
    verdict='DOES NOT RUN ANY TEST'
  fi
}

# All that may notice, $1 first when it is the name of a suite.
hunt() {
  verdict=''
  if ((explorer_only)); then try_explorer; return; fi
  if [[ -n $1 ]]; then try_tests "$1"; fi
  if [[ -z $verdict ]]; then try_explorer; fi
  if [[ -z $verdict ]]; then try_tests "$every_suite"; fi
}

# --- One mutant --------------------------------------------------------------------------------

# Puts ENVIRON["put"] where ENVIRON["find"] stands in the file, which must be once.
# shellcheck disable=SC2016
replace='BEGIN { RS = "\001" }
  { first = index($0, ENVIRON["find"])
    rest = first ? substr($0, first + length(ENVIRON["find"])) : ""
    if (!first || index(rest, ENVIRON["find"])) exit 1
    printf "%s%s%s", substr($0, 1, first - 1), ENVIRON["put"], rest }'

# Prints what became of it, and notes it as caught, survived or broken.
try_mutant() {
  local path=$tree/$file begin=$SECONDS outcome
  export find=$before put=$after
  if ! LC_ALL=C awk "$replace" "$path" >"$logs/mutant"; then
    verdict="ERROR: its lines do not stand exactly once in $file" outcome=broken
  else
    cp -p "$path" "$logs/original"
    cat "$logs/mutant" >"$path"
    hunt "$suite"
    if ((!explorer_only)) && [[ -z $verdict && $(compiled) == "$unchanged" ]]; then
      verdict='DOES NOT REACH WHAT RUNS'
    fi
    cat "$logs/original" >"$path"
    case $verdict in
      '') verdict=SURVIVED outcome=survived ;;
      DOES*) verdict+="; see $logs" outcome=broken ;;
      *) outcome=caught ;;
    esac
  fi
  echo "$outcome" >>"$logs/outcomes"
  printf '%-68s %s  %d s\n' "$name" "$verdict" $((SECONDS - begin))
}

# Every so manieth mutant of those that are wanted.
work() {
  local worker=$1 number=0 line name='' file='' suite='' before='' after=''
  use_copy "$worker"
  : >"$logs/outcomes"
  if ((!explorer_only)); then unchanged=$(compiled); fi
  finish() {
    if [[ -n $name && "$name $file" == *"$wanted"* ]]; then
      if ((number % workers == worker)); then try_mutant; fi
      number=$((number + 1))
    fi
    name='' file='' suite='' before='' after=''
  }
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
      '= '*) finish; name=${line#= } ;;
      '@ '*) file=${line#@ } ;;
      '! '*) suite=${line#! } ;;
      '-'*) before+=${line#-}$'\n' ;;
      '+'*) after+=${line#+}$'\n' ;;
    esac
  done <"$list"
  finish
}

# --- All of them -------------------------------------------------------------------------------

# Before minutes go into copies and the sources as they are.
if ! awk -v wanted="$wanted" '
    /^= / { name = substr($0, 3) }
    /^@ / && (wanted == "" || index(name " " substr($0, 3), wanted)) { found = 1 }
    END { exit !found }' "$list"; then
  printf "mutate: no fault has '%s' in its name or its file's; they are in Tests/Mutations/mutants.txt\n" \
    "$wanted" >&2
  exit 64
fi

begin=$SECONDS
for ((worker = 0; worker < workers; worker++)); do
  use_copy "$worker"
  copy_sources
  (if ((explorer_only)); then build --product wengen-explore; else build --build-tests; fi) &
done
wait

# The sources as they are must pass, or everything would be "caught".
use_copy 0
hunt ''
if [[ -n $verdict ]]; then
  printf 'mutate: the sources fail without any mutant: %s; see %s\n' "$verdict" "$logs"
  exit 1
fi
printf '%-68s passes  %d s\n' 'nothing' $((SECONDS - begin))
# Beside the others everything takes longer.
explorer_seconds=$((60 + 5 * $(<"$logs/explorer.seconds")))
if ((!explorer_only)); then tests_seconds=$((60 + 5 * $(<"$logs/tests.seconds"))); fi

for ((worker = 0; worker < workers; worker++)); do
  work "$worker" &
done
wait

outcomes=$(for ((worker = 0; worker < workers; worker++)); do cat "$out/$worker/logs/outcomes"; done)
total=$(grep -c . <<<"$outcomes")
caught=$(grep -c caught <<<"$outcomes")
echo "$caught of $total mutants caught, $((SECONDS - begin)) s"
if ((caught < total || total == 0)); then exit 1; fi
