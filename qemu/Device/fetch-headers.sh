#!/bin/sh
# fetch-headers.sh: the headers of exactly the QEMU that this machine has installed.
#
# A device that is loaded into a QEMU shares its structures, so it must be compiled with the
# headers of that very package, patches and all; Debian ships no package with them. This takes
# the package's source through apt-get, with a configuration of its own: the machine's sources
# and lists stay as they are, and no rights are needed.
#
#   fetch-headers.sh [CACHE]     CACHE defaults to .build/qemu-headers of this repository
#
# Leaves CACHE/<version>/ and a link CACHE/current to it, and prints the folder's name on
# standard output; all else goes to standard error. Runs again only when the package changed.
#
# SPDX-License-Identifier: GPL-2.0-or-later

set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${1:-$here/../../.build/qemu-headers}
package=qemu-system-arm
log=

say() { echo "fetch-headers: $*" >&2; }

fail() {
    say "error: $1"
    shift
    for line in "$@"; do say "  $line"; done
    if [ -n "$log" ] && [ -s "$log" ]; then
        say "  last lines of $log:"
        tail -n 15 "$log" | sed 's/^/    /' >&2
    fi
    exit 1
}

required_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt"; }

is_installed() {
    test "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "apt-get and dpkg-query are needed: this works on Debian and its derivatives only"
is_installed "$package" ||
    fail "$package is not installed" \
        "type: sudo apt-get install --no-install-recommends $package"

binary_version=$(dpkg-query -W -f '${Version}' "$package")
source_name=$(dpkg-query -W -f '${source:Package}' "$package")
source_version=$(dpkg-query -W -f '${source:Version}' "$package")

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# Without the epoch: a colon in a path would end it for make and for linkers.
result=$cache/${source_version#*:}

# What this script keeps may change, so a result is as good as the script that made it.
script_sum=$(cksum <"$0")
if [ "$(cat "$result/complete" 2>/dev/null)" = "$script_sum" ]; then
    say "headers of $source_name $source_version are already in $result"
    ln -sfn "$(basename "$result")" "$cache/current"
    echo "$result"
    exit 0
fi

missing=
for name in $(required_packages); do
    is_installed "$name" || missing="$missing $name"
done
[ -z "$missing" ] ||
    fail "packages are missing:$missing" \
        "type: sudo apt-get install --no-install-recommends$missing"

say "fetching headers of $source_name $source_version (installed: $package $binary_version)"
began=$(date +%s)
work=$(mktemp -d "$cache/work.XXXXXX")
log=$work/log
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# --- apt's private configuration: the machine's own sources, as deb-src -------------------------

mkdir -p "$work/apt/sources" "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial"

# The files that say where this machine gets packages from; Debian's own when apt can tell.
files=$(apt-get indextargets --format '$(ORIGIN) $(SOURCESENTRY)' 'Created-By: Packages' \
    2>/dev/null | sed -n 's/^Debian //p' | sed 's/:[0-9]*$//' | sort -u)
[ -n "$files" ] || files=$(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
for file in $files; do
    copy=$work/apt/sources/$(basename "$file")
    case $file in
    *.sources) sed 's/^Types:.*/Types: deb-src/' "$file" >"$copy" ;;
    *.list)
        sed -n 's/^[[:space:]]*deb\([[:space:]]\)/deb-src\1/p' "$file" >"$copy"
        ;;
    esac
done
ls "$work"/apt/sources/* >/dev/null 2>&1 ||
    fail "found no package source in /etc/apt/sources.list or /etc/apt/sources.list.d"

# How the machine reaches its sources (proxies, checks) is kept; its hooks are not run.
{
    apt-config dump | grep '^Acquire::' || true
    cat <<CONFIGURATION
Dir::State "$work/apt/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$work/apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/apt/sources";
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
APT::Sandbox::User "$(id -un)";
CONFIGURATION
} >"$work/apt/apt.conf"
APT_CONFIG=$work/apt/apt.conf
export APT_CONFIG

apt-get update >"$log" 2>&1 && ! grep -q '^W: Failed to fetch\|^Err:' "$log" ||
    fail "cannot read the lists of sources: is the network there?" "sources used: $files"
say "read the lists of sources ($(($(date +%s) - began)) s)"

(cd "$work" && apt-get source --download-only "$source_name=$source_version") >"$log" 2>&1 ||
    fail "the source of $source_name $source_version is not on the mirror" \
        "its newest version may have replaced it; bring the installed package up to date:" \
        "type: sudo apt-get update && sudo apt-get install $package" "then run this again"
say "downloaded the source package ($(($(date +%s) - began)) s)"

(cd "$work" && dpkg-source --extract ./*.dsc source) >"$log" 2>&1 ||
    fail "cannot unpack the source package"
say "unpacked and patched ($(($(date +%s) - began)) s)"

# --- configure, and the generated headers -------------------------------------------------------

mkdir "$work/build"
(cd "$work/build" && ../source/configure --target-list=aarch64-softmmu \
    --without-default-features --enable-system --enable-tcg --enable-plugins \
    --enable-fdt=system --disable-install-blobs) >"$log" 2>&1 ||
    fail "QEMU's configure failed"
say "configured ($(($(date +%s) - began)) s)"

# One custom command writes all of qapi/*.h; config-poison.h names what common code must not use.
(cd "$work/build" && ninja config-poison.h qapi/qapi-types-common.h) >"$log" 2>&1 ||
    fail "cannot generate the QAPI headers"

# --- keep the headers only ----------------------------------------------------------------------

mkdir "$work/result"
copy_headers() { # from, to
    mkdir -p "$work/result/$2"
    (cd "$1" && find . \( -name '*.h' -o -name '*.inc' \) -print | tar cf - -T -) |
        tar xf - -C "$work/result/$2"
}
copy_headers "$work/source/include" include
copy_headers "$work/source/target/arm" target/arm
copy_headers "$work/source/hw/intc" hw/intc
copy_headers "$work/build/qapi" generated/qapi
# The folder of TCG for this host, by the name that QEMU's meson.build gives it.
case $(uname -m) in
x86_64 | i?86) host=i386 ;;
riscv*) host=riscv ;;
ppc*) host=ppc ;;
*) host=$(uname -m) ;;
esac
[ -d "$work/source/tcg/$host" ] || fail "QEMU's TCG does not support this host: $(uname -m)"
copy_headers "$work/source/tcg/$host" host
for name in config-host.h config-poison.h aarch64-softmmu-config-target.h \
    aarch64-softmmu-config-devices.h; do
    cp "$work/build/$name" "$work/result/generated/"
done
cp "$work/source/COPYING" "$work/result/"
# What the device compares with the QEMU that loads it.
cat >"$work/result/generated/lauberhorn-qemu-version.h" <<VERSION
/* Written by fetch-headers.sh: the package that these headers belong to. */
#define LAUBERHORN_QEMU_SOURCE_VERSION "$source_version"
VERSION
echo "$script_sum" >"$work/result/complete"

rm -rf "$result"
mv "$work/result" "$result"
ln -sfn "$(basename "$result")" "$cache/current"
say "headers are in $result ($(($(date +%s) - began)) s in all)"
echo "$result"
