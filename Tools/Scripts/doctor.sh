#!/bin/bash
# Checks what building and running need, and says what to type for each thing missing.
# `doctor.sh swift` checks only the compiler, and says nothing when it is right: for the Makefile.
set -uo pipefail
cd "$(dirname "$0")/../.."

failures=0
good() { printf '  ok       %-10s %s\n' "$1" "$2"; }
bad() {
  printf '  MISSING  %-10s %s\n           %-10s type: %s\n' "$1" "$2" '' "$3"
  failures=$((failures + 1))
}

# Swift 6.3 or newer.
install_swift='install Swift 6.3 or newer, then: export PATH=/where/it/is/usr/bin:$PATH'
if ! command -v swift >/dev/null; then
  bad swift "no swift on PATH" "$install_swift"
else
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  if [[ $(printf '%s\n' 6.3 "$version" | sort -V | head -n 1) == 6.3 ]]; then
    if [[ ${1:-} != swift ]]; then good swift "$version, $(command -v swift)"; fi
  else
    bad swift "version ${version:-unknown} is too old" "$install_swift"
  fi
fi
if [[ ${1:-} == swift ]]; then exit $((failures > 0)); fi

# The machine's own QEMU, of a version that the device's source was written for.
if ! command -v qemu-system-aarch64 >/dev/null; then
  bad qemu "no qemu-system-aarch64" "make packages"
else
  version=$(qemu-system-aarch64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
  package=$(dpkg-query --show --showformat='${Version}' qemu-system-arm 2>/dev/null || true)
  if [[ $version == 7.2.* && -n $package ]]; then
    good qemu "$version (Debian $package)"
  elif [[ -z $package ]]; then
    bad qemu "$version is not Debian's: its headers would not fit" "make packages"
  else
    bad qemu "$version; the device is written for 7.2, which Debian 12 has" \
      "make run on Debian 12"
  fi
fi

# Debian packages.
if missing=$(Tools/Scripts/packages.sh --check); then
  good packages "all installed (Tools/packages.txt, qemu/Device/packages.txt)"
else
  bad packages "$missing" "make packages"
fi

# QEMU's headers, which the device is compiled against.
headers=.build/qemu-headers/current
if [[ -e $headers/complete ]]; then
  good headers "$headers -> $(readlink "$headers")"
else
  bad headers "QEMU's headers were not fetched yet (apt-get source)" "make device"
fi

# Where everything is built.
if mkdir -p .build 2>/dev/null && [[ -w .build ]]; then
  good folder "$PWD/.build can be written"
else
  bad folder "$PWD/.build cannot be written" "sudo chown -R $(id -un) '$PWD'"
fi

if ((failures > 0)); then
  echo "$failures missing. \`make run\` installs packages and fetches headers by itself."
  exit 1
fi
echo "Nothing is missing. Type: make run"
