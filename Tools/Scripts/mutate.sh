#!/bin/bash
# Breaks the model and the loops on purpose, one line at a time, and sees whether a test notices:
# mutate.sh [--explorer] [part of a fault's name]
#
# The faults are in Tests/Mutations/mutants.txt. Each is applied to a copy of the sources that is
# built again and again (.build/mutate). The explorer runs first, since it is the quickest; what it
# does not notice is for the unit tests. The exit status is 0 only when every fault was caught, and
# a fault whose lines do not stand in its file exactly once is an error: nothing would be tested.
# With --explorer nothing but the explorer runs, and what it leaves to the tests survives.
set -uo pipefail
cd "$(dirname "$0")/../.."

explorer_only=0
if [[ ${1:-} == --explorer ]]; then
  explorer_only=1
  shift
fi
wanted=${1:-}
tree=.build/mutate/tree
logs=$PWD/.build/mutate/logs
suites='InterfaceTests|SchedulingTests|MarshallingTests|ModelTests|ExplorerTests'
# A mutant that hangs is caught, too.
explorer_seconds=120
tests_seconds=300

mkdir -p "$tree" "$logs"
find "$tree" -mindepth 1 -maxdepth 1 ! -name .build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | tar --null -cf - -T - | tar -xf - -C "$tree"

# Puts ENVIRON["put"] where ENVIRON["find"] stands in the file, which must be once.
# shellcheck disable=SC2016
replace='BEGIN { RS = "\001" }
  { first = index($0, ENVIRON["find"])
    rest = first ? substr($0, first + length(ENVIRON["find"])) : ""
    if (!first || index(rest, ENVIRON["find"])) exit 1
    printf "%s%s%s", substr($0, 1, first - 1), ENVIRON["put"], rest }'

# A mutant in a body that was inlined elsewhere must reach that place. Modules that are optimised
# are compiled as a whole (Package.swift), so they are compiled anew when what they import changed;
# the tests are not, and look at files only when told to.
build() {
  (cd "$tree" && swift build --build-system native -Xswiftc -disable-incremental-imports "$@") \
    >"$logs/build.log" 2>&1 </dev/null
}

# What runs, as one number: the same as without the mutant means that nothing was tested.
compiled() { cat "$tree"/.build/debug/wengen-explore "$tree"/.build/debug/*.xctest | cksum; }

# Says what noticed the mutant; nothing when nothing did.
hunt() {
  local log=$logs/run.log status
  build --product wengen-explore || { echo 'DOES NOT COMPILE'; return; }
  (cd "$tree" && timeout "$explorer_seconds" .build/debug/wengen-explore quick) \
    >"$log" 2>&1 </dev/null
  status=$?
  case $status in
    0) ;;
    1) awk '/^[A-Za-z0-9]+: / { rule = $1 } /^[0-9]+ cores?, .*transitions/ { split($0, part, ": ")
         scenario = part[1] } END { printf "explorer, %s %s\n", rule, scenario }' "$log"
      return ;;
    124) echo 'explorer, hangs'; return ;;
    *) echo "explorer, crash (status $status)"; return ;;
  esac
  if ((explorer_only)); then return; fi
  build --build-tests || { echo 'DOES NOT COMPILE'; return; }
  (cd "$tree" && timeout "$tests_seconds" swift test --build-system native --skip-build \
    -Xswiftc -disable-incremental-imports --filter "$suites") >"$log" 2>&1 </dev/null
  status=$?
  if ((status == 124)); then echo 'tests, hang'; return; fi
  if ((status != 0)); then
    echo "test, $(grep -m 1 -oE 'Test "?[A-Za-z0-9 ,:]+"?(\([^)]*\))? recorded' "$log" |
      sed 's/^Test //; s/ recorded$//; s/(.*//')"
  fi
}

# The sources as they are must pass, or everything would be "caught".
printf '%-68s ' 'nothing'
begin=$SECONDS
result=$(hunt)
if [[ -n $result ]]; then
  printf '%s\nmutate: the sources fail without any mutant; see %s\n' "$result" "$logs"
  exit 1
fi
printf 'passes  %4d s\n' $((SECONDS - begin))
if ((!explorer_only)); then unchanged=$(compiled); fi

caught=0 total=0 broken=0
try_mutant() {
  [[ -n $name && $name == *"$wanted"* ]] || return 0
  local path=$tree/$file result begin=$SECONDS
  export find=$before put=$after
  total=$((total + 1))
  printf '%-68s ' "$name"
  if ! LC_ALL=C awk "$replace" "$path" >"$logs/mutant"; then
    printf 'ERROR: its lines do not stand exactly once in %s\n' "$file"
    broken=$((broken + 1))
    return
  fi
  cp "$path" "$logs/original"
  cat "$logs/mutant" >"$path"
  result=$(hunt)
  if ((!explorer_only)) && [[ -z $result && $(compiled) == "$unchanged" ]]; then
    result='DOES NOT REACH WHAT RUNS'
  fi
  cat "$logs/original" >"$path"
  case $result in
    '') printf 'SURVIVED  %d s\n' $((SECONDS - begin)) ;;
    DOES*) printf '%s; see %s/build.log\n' "$result" "$logs"; broken=$((broken + 1)) ;;
    *) caught=$((caught + 1)); printf '%s  %d s\n' "$result" $((SECONDS - begin)) ;;
  esac
}

name='' file='' before='' after=''
while IFS= read -r line || [[ -n $line ]]; do
  case $line in
    '= '*) try_mutant; name=${line#= } file='' before='' after='' ;;
    '@ '*) file=${line#@ } ;;
    '-'*) before+=${line#-}$'\n' ;;
    '+'*) after+=${line#+}$'\n' ;;
  esac
done <Tests/Mutations/mutants.txt
try_mutant

echo "$caught of $total mutants caught"
if ((caught < total || broken > 0 || total == 0)); then exit 1; fi
