#!/bin/bash
# Fetches what the suite boots into a cache folder: the cloud kernels of the Debian suites given as arguments,
# sid's makedumpfile and kexec with their libraries, and programs for the guests. What is already there is
# left alone, so a second run takes no time.
set -euo pipefail
shopt -s nullglob
here=$(dirname "$(readlink -f "$0")")
cache=${KDUMP_INSPECT_VM:-${TMPDIR:-/tmp}/kdump-inspect-vm}
host_packages=(busybox-static cpio e2fsprogs gcc kmod libc6-dev qemu-system-x86 strace util-linux xz-utils zstd)
# Programs of the guest under memory pressure.
host_packages+=(dmsetup stress-ng)
# Never wait for questions, and wait a while for another apt that holds the lock.
export DEBIAN_FRONTEND=noninteractive
apt_options=(-qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any -o Acquire::Retries=3)

install_host_packages() {
  local missing
  missing=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${host_packages[@]}" 2>&1 | grep -v '^ii ' || true)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "setup.sh: run it once as root, these packages are needed: ${host_packages[*]}" >&2
    exit 1
  fi
  apt-get "${apt_options[@]}" update
  apt-get "${apt_options[@]}" install -y --no-install-recommends "${host_packages[@]}" >/dev/null
}

# The mirror from which this machine itself installs, because others may be out of reach. apt knows a mirror's
# label only after it has fetched the lists, which a fresh machine lacks.
debian_mirror() {
  local mirror
  mirror=$(labelled_mirror)
  if [ -z "$mirror" ]; then
    apt-get "${apt_options[@]}" update >&2
    mirror=$(labelled_mirror)
  fi
  [ -n "$mirror" ] || { echo 'setup.sh: apt knows no Debian mirror' >&2; exit 1; }
  echo "$mirror"
}

labelled_mirror() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian \([^ ]*\)$/\1/p' | sort -u | head -1
}

# suite_apt SUITE TOOL ARGUMENT...: runs apt for that suite alone, with its own lists; the machine's own
# sources stay as they are. Expired lists are accepted if they are signed: old suites are not signed again,
# nor are mirrors of a past state.
suite_apt() {
  local state=$cache/apt/$1 tool=$2
  shift 2
  "$tool" "${apt_options[@]}" -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false "$@"
}

# download SUITE DIRECTORY PATTERN PACKAGE...: unpacks all dependencies of the packages whose names match the
# pattern.
download() {
  local suite=$1 tree=$2 pattern=$3 state=$cache/apt/$1 mirror names deb
  shift 3
  mkdir -p "$state"/{lists/partial,cache/archives/partial,debs} "$tree"
  : >"$state/status"
  mirror=$(debian_mirror)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/sources.list"
  suite_apt "$suite" apt-get update
  names=$(suite_apt "$suite" apt-cache depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances} "$@" |
    grep -xE "$pattern" | sort -u)
  # shellcheck disable=SC2086 # one argument for each name
  (cd "$state/debs" && suite_apt "$suite" apt-get download $names)
  for deb in "$state"/debs/*.deb; do dpkg-deb -x "$deb" "$tree"; done
  rm -r "$state"
}

# Gives a kernel's folder two fixed names, wherever its packages put things: vmlinuz, and modules with a
# modules.dep.
name_kernel_parts() {
  local tree=$1 modules
  modules=$(find "$tree" -type d -path '*/lib/modules/*/kernel' -printf '%h\n' | head -1)
  # Some packages lack the list of built-in modules: depmod complains, but its result is correct.
  depmod -b "${modules%/lib/modules/*}" "$(basename "$modules")" 2>/dev/null
  ln -sr "$modules" "$tree/modules"
  ln -sr "$(find "$tree" -type f -name 'vmlinuz*' | head -1)" "$tree/vmlinuz"
}

fetch_kernel() {
  local tree=$cache/kernels/$1
  [ ! -e "$tree/vmlinuz" ] || return 0
  echo "setup.sh: kernel of $1"
  rm -rf "$tree"
  download "$1" "$tree" 'linux-(image|binary|modules)-[0-9].*' linux-image-cloud-amd64
  name_kernel_parts "$tree"
}

# Linux 7.1 renamed OFFSET(page.compound_head) in VMCOREINFO to OFFSET(page.compound_info). Bit 0 of the word
# still marks a tail page, and makedumpfile looks at nothing else. Up to 1.7.9 it asks only for the old name,
# sees no tails and miscounts USER, ZERO and KERN_DATA. This copy asks for the new name, which has the same
# length.
teach_compound_info() {
  sed 's/OFFSET(page\.compound_head)=/OFFSET(page.compound_info)=/' "$1" >"$1-compound_info"
  chmod +x "$1-compound_info"
}

# The tools run with their own libraries and loader, in the guest and here: sid's C library may be newer than
# the machine's.
fetch_tools() {
  [ ! -e "$cache/tools/ready" ] || return 0
  echo 'setup.sh: makedumpfile and kexec of sid'
  rm -rf "$cache/tools"
  download sid "$cache/tools" '(lib|zlib|makedumpfile|kexec-tools).*' makedumpfile kexec-tools
  teach_compound_info "$cache/tools/usr/bin/makedumpfile"
  touch "$cache/tools/ready"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
install_host_packages
for suite in "$@"; do fetch_kernel "$suite"; done
fetch_tools
for program in workload poison; do gcc -O1 -Wall -Wextra -static -o "$cache/$program" "$here/guest/$program.c"; done
