#!/bin/bash
# Installs the Debian packages that are missing: packages.sh [--with LIST] [--check]
#
# Reads Tools/packages.txt and qemu/Device/packages.txt. When all are there it asks dpkg once and
# says nothing. Otherwise apt-get installs, as root or through sudo; without either this prints the
# command and fails. --check only prints the missing names and fails if there are any.
# --with adds a list that only some targets need.
set -euo pipefail
cd "$(dirname "$0")/../.."

lists=(Tools/packages.txt)
if [[ -r qemu/Device/packages.txt ]]; then lists+=(qemu/Device/packages.txt); fi
if [[ ${1:-} == --with ]]; then
  lists+=("$2")
  shift 2
fi
mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${lists[@]}" | awk '{print $1}' |
  LC_ALL=C sort -u)

# dpkg-query fails when it knows nothing of a name, which here only means: missing.
installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${wanted[@]}" \
  2>/dev/null | sed -n 's/^installed //p' || true)
missing=()
for package in "${wanted[@]}"; do
  if ! grep -qxF -- "$package" <<<"$installed"; then missing+=("$package"); fi
done
if ((${#missing[@]} == 0)); then exit 0; fi

if [[ ${1:-} == --check ]]; then
  echo "${missing[*]}"
  exit 1
fi

install=(apt-get install --yes --no-install-recommends "${missing[@]}")
if ((EUID == 0)); then
  as_root=(env)
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
  as_root=(sudo env)
else
  {
    echo "These Debian packages are missing: ${missing[*]}"
    echo "You are not root, and sudo is not there or asks for a password. As root, type:"
    echo "  apt-get update && ${install[*]}"
  } >&2
  exit 1
fi

echo "  packages   installing: ${missing[*]}"
mkdir -p .build/logs
log=.build/logs/packages.log
# A fresh machine has no package lists yet; one with old lists asks for versions that are gone. Not
# all of the machine's sources need to be reachable for this: the installation decides.
if ! { "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get update || true
  "${as_root[@]}" DEBIAN_FRONTEND=noninteractive "${install[@]}"; } >"$log" 2>&1 </dev/null; then
  {
    echo "apt-get could not install them. The end of $log:"
    tail -n 15 "$log" | sed 's/^/  | /'
  } >&2
  exit 1
fi
