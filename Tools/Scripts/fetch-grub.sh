#!/bin/bash
# Debian's GRUB for arm64, for the boot tests: fetch-grub.sh FILE
#
# FILE becomes the image that Debian installs on arm64 machines, from its package
# grub-efi-arm64-bin. That package is for another architecture
# than this machine's, so it is fetched with an apt configuration of its own and not installed: the
# machine's sources, lists and packages stay as they are, and no rights are needed.
set -euo pipefail
cd "$(dirname "$0")/../.."

file=$1
package=grub-efi-arm64-bin
image=usr/lib/grub/arm64-efi/monolithic/grubaa64.efi

fail() {
  echo "fetch-grub: $1" >&2
  if [[ -s ${log:-} ]]; then tail -n 15 "$log" | sed 's/^/  | /' >&2; fi
  exit 1
}

mkdir -p "$(dirname "$file")"
work=$(mktemp -d "$(cd "$(dirname "$file")" && pwd)/grub.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial
: >"$work/status"

# How the machine reaches its sources (proxies, keys) is kept; its hooks are not run.
{
  apt-config dump | grep '^Acquire::' || true
  cat <<CONFIGURATION
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "$(id -un)";
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
CONFIGURATION
} >"$work/apt.conf"
export APT_CONFIG=$work/apt.conf

apt-get update >"$log" 2>&1 || fail "cannot read the package lists for arm64; is the network there?"
(cd "$work" && apt-get download "$package") >"$log" 2>&1 || fail "cannot download $package"
dpkg-deb --extract "$work"/"$package"_*.deb "$work/root" >"$log" 2>&1 || fail "cannot unpack $package"
[[ -s $work/root/$image ]] || fail "$package has no $image"
mv "$work/root/$image" "$file"
# The package keeps the time at which Debian built it; make compares with ours.
touch "$file"
