#!/bin/bash
# Runs the parts of the tests that are named: test.sh START unit|device|boot|errata|firmware...
#
# START is when make began, in seconds since the epoch. The last line counts passed and failed
# tests of all; the exit status is 0 only when all passed and there was at least one in each part.
set -uo pipefail
cd "$(dirname "$0")/../.."

start=$1
shift
mkdir -p .build/logs
passed=0
failed=0
broken=0

# One part: its name, then the arguments for swift test.
run_part() {
  local name=$1
  shift
  local log=.build/logs/test-$name.log report=.build/logs/test-$name.xml
  local results=.build/logs/test-$name-swift-testing.xml
  rm -f "$report" "$results"
  echo "  $name tests…"
  swift test --build-system native --skip-build --xunit-output "$report" "$@" \
    >"$log" 2>&1 </dev/null
  local status=$?

  # Built but not run, or not even built: no report.
  if [[ ! -s $results ]]; then
    echo "  $name tests did not run, status $status:"
    grep -E -A 4 -m 8 '(^|[ :])(fatal )?error:|Fatal error' "$log" | sed 's/^/  | /' ||
      tail -n 20 "$log" | sed 's/^/  | /'
    echo "  All of it is in $log"
    broken=1
    return
  fi
  local tests failures
  tests=$(grep -c '<testcase ' "$results")
  failures=$(awk '/<testcase /{counted=0} /<failure/{if(!counted){n++;counted=1}} END{print n+0}' \
    "$results")
  passed=$((passed + tests - failures))
  failed=$((failed + failures))
  if ((tests == 0)) || ((status != 0 && failures == 0)); then
    echo "  $name tests: swift test ended with status $status after $tests tests; see $log"
    broken=1
  elif ((failures > 0)); then
    grep -m 20 'recorded an issue' "$log" | sed 's/^/  | /'
    echo "  All of it is in $log"
  fi
  echo "  $name tests: $((tests - failures)) passed, $failures failed"
}

# The device with bare-metal guests of its own, which need neither kernel nor services.
run_device_part() {
  local log=.build/logs/test-device.log out=$PWD/.build/wengen
  echo "  device tests…"
  make --no-print-directory -C qemu/Device check OUT="$out" MODEL="$out" \
    HEADERS="$PWD/.build/qemu-headers/current" >"$log" 2>&1 </dev/null
  local status=$?
  # unittest's summary: "Ran N tests in …", then "OK" or "FAILED (failures=A, errors=B)".
  local tests failures
  tests=$(sed -n 's/^Ran \([0-9]*\) tests\? in .*/\1/p' "$log" | tail -n 1)
  if [[ -z $tests || $tests == 0 ]]; then
    echo "  device tests did not run, status $status; see $log"
    broken=1
    return
  fi
  failures=$(grep -E '^FAILED ' "$log" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }')
  if ((status != 0 && failures == 0)); then broken=1; fi
  passed=$((passed + tests - failures))
  failed=$((failed + failures))
  if ((status != 0)); then
    grep -E '^(FAIL|ERROR):' "$log" | sed 's/^/  | /'
    echo "  All of it is in $log"
  fi
  echo "  device tests: $((tests - failures)) passed, $failures failed"
}

if ! Tools/Scripts/quiet.sh tests swift build --build-system native --build-tests; then exit 1; fi
for part in "$@"; do
  case $part in
    unit) run_part unit --skip BootTests ;;
    boot) run_part boot --filter BootTests --skip FirmwareTests --no-parallel ;;
    firmware) run_part firmware --filter FirmwareTests --no-parallel ;;
    # The boot tests again, on a CPU that says it is Enzian's: the errata's ways are taken. And by a
    # kernel that checks the order of its locks. Without those that are about programs of the host,
    # and the watchdog's, which wait for its seconds.
    errata)
      WENGEN_KERNEL=kernel-checked WENGEN_CPU=cortex-a57,midr=0x431f0a11 \
        run_part errata --filter BootTests --no-parallel \
        --skip 'FirmwareTests|CaptureTests|DebuggerTests|ImageHeaderTests|StatisticsTests|TraceTests|WatchdogTests'
      ;;
    device) run_device_part ;;
    *) echo "test.sh: no part '$part'" >&2; exit 64 ;;
  esac
done

awk -v start="$start" -v now="$(date +%s.%N)" 'BEGIN { printf "took %.1f s\n", now - start }'
echo "$passed passed, $failed failed"
if ((failed > 0 || broken > 0)); then exit 1; fi
