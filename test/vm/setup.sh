#!/bin/bash
# Fetches what the suite boots into a cache folder: kernels, sid's makedumpfile and kexec with their libraries,
# and programs for the guests. What is already there is left alone, so a second run takes no time.
# Each argument is a kernel, "NAME SUITE PACKAGE [CONFIG]": the newest package of that Debian suite whose name
# matches PACKAGE, an extended regular expression; with CONFIG, a file of configs/, the package has the source,
# and the kernel is built.
set -euo pipefail
shopt -s nullglob
here=$(dirname "$(readlink -f "$0")")
cache=${KDUMP_INSPECT_VM:-${TMPDIR:-/tmp}/kdump-inspect-vm}
host_packages=(busybox-static cpio e2fsprogs gcc kmod libc6-dev qemu-system-x86 strace util-linux xz-utils zstd)
# Programs of the guest under memory pressure.
host_packages+=(dmsetup stress-ng)
build_packages=(bc binutils bison dwarves flex libc6-dev libelf-dev libssl-dev make perl rsync)
# Never wait for questions, and wait a while for another apt that holds the lock.
export DEBIAN_FRONTEND=noninteractive
apt_options=(-qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any -o Acquire::Retries=3)

# install_packages PACKAGE...: those of this machine's own suite.
install_packages() {
  local missing
  missing=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>&1 | grep -v '^ii ' || true)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "setup.sh: run it once as root, these packages are needed: $*" >&2
    exit 1
  fi
  apt-get "${apt_options[@]}" update
  apt-get "${apt_options[@]}" install -y --no-install-recommends "$@" >/dev/null
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

# open_suite SUITE: fetches its lists.
open_suite() {
  local state=$cache/apt/$1 mirror
  mkdir -p "$state"/{lists/partial,cache/archives/partial,debs}
  : >"$state/status"
  mirror=$(debian_mirror)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$state/sources.list"
  suite_apt "$1" apt-get update
}

close_suite() { rm -r "$cache/apt/$1"; }

# newest SUITE PACKAGE: the last version of the packages whose names match.
newest() {
  local name
  name=$(suite_apt "$1" apt-cache search --names-only "^$2\$" | cut -d ' ' -f 1 | sort -V | tail -1)
  [ -n "$name" ] || { echo "setup.sh: $1 has no package $2" >&2; exit 1; }
  echo "$name"
}

# download SUITE DIRECTORY PATTERN PACKAGE...: unpacks all dependencies of the packages whose names match the
# pattern.
download() {
  local suite=$1 tree=$2 pattern=$3 debs=$cache/apt/$1/debs names deb
  shift 3
  mkdir -p "$tree"
  names=$(suite_apt "$suite" apt-cache depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances} "$@" |
    grep -xE "$pattern" | sort -u)
  # shellcheck disable=SC2086 # one argument for each name
  (cd "$debs" && suite_apt "$suite" apt-get download $names)
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$tree"; done
}

# Gives a kernel's folder two fixed names, wherever its packages put things: vmlinuz, and modules with a
# modules.dep.
name_kernel_parts() {
  local tree=$1 modules
  modules=$(find "$tree" -type d -path '*/lib/modules/*/kernel' -printf '%h\n' | head -1)
  [ -n "$modules" ] || { echo "setup.sh: the packages of $(basename "$tree") have no modules" >&2; exit 1; }
  # Some packages lack the list of built-in modules: depmod complains, but its result is correct.
  depmod -b "${modules%/lib/modules/*}" "$(basename "$modules")" 2>/dev/null
  ln -sr "$modules" "$tree/modules"
  ln -sr "$(find "$tree" -type f -name 'vmlinuz*' | head -1)" "$tree/vmlinuz"
}

# fetch_kernel NAME SUITE PACKAGE
fetch_kernel() {
  local tree=$cache/kernels/$1 package
  [ ! -e "$tree/vmlinuz" ] || return 0
  echo "setup.sh: kernel $1"
  rm -rf "$tree"
  open_suite "$2"
  package=$(newest "$2" "$3")
  download "$2" "$tree" 'linux-(image|binary|modules)-[0-9].*' "$package"
  close_suite "$2"
  name_kernel_parts "$tree"
}

# build_kernel NAME SUITE PACKAGE CONFIG: again when its configuration has changed.
build_kernel() {
  local tree=$cache/kernels/$1 config=$cache/config source
  cat "$here/configs/base.config" "$here/configs/$4" >"$config"
  ! cmp -s "$config" "$tree/asked" || return 0
  echo "setup.sh: building kernel $1"
  install_packages "${build_packages[@]}"
  source=$(unpack_source "$2" "$3")
  rm -rf "$tree" "$cache/build"
  mkdir -p "$tree" "$cache/build"
  configure "$source" "$config"
  make -s -C "$source" O="$cache/build" -j "$(nproc)" bzImage
  install_built "$tree"
  rm -r "$cache/build"
  mv "$config" "$tree/asked"
}

# unpack_source SUITE PACKAGE: prints the folder of the source. Several kernels are built from it, one after the
# other; remove_sources removes it.
unpack_source() {
  local folder=$cache/source/$1-${2//\\/} package
  if [ ! -e "$folder/ready" ]; then
    rm -rf "$folder"
    open_suite "$1" >&2
    package=$(newest "$1" "$2")
    download "$1" "$folder" "$package" "$package" >&2
    close_suite "$1"
    tar -xf "$folder"/usr/src/linux-source-*.tar.xz -C "$folder" --strip-components 1
    touch "$folder/ready"
  fi
  echo "$folder"
}

remove_sources() { rm -rf "$cache/source" "$cache/build"; }

# configure SOURCE CONFIG: the smallest configuration and what CONFIG asks for. Kconfig drops silently what an
# option's dependencies do not allow, and a kernel of another configuration would prove nothing.
configure() {
  local line
  make -s -C "$1" O="$cache/build" tinyconfig >/dev/null 2>&1
  cat "$2" >>"$cache/build/.config"
  make -s -C "$1" O="$cache/build" olddefconfig 2>/dev/null
  while read -r line; do
    case $line in
      CONFIG_*=n) ! grep -q "^${line%n}" "$cache/build/.config" ;;
      CONFIG_*) grep -qxF "$line" "$cache/build/.config" ;;
    esac || { echo "setup.sh: this source does not allow $line" >&2; exit 1; }
  done <"$2"
}

# All is built in, so the folder of modules has only its name, which is the release.
install_built() {
  local modules
  modules=$1/lib/modules/$(cat "$cache/build/include/config/kernel.release")
  mkdir -p "$modules"
  touch "$modules/modules.dep"
  ln -sr "$modules" "$1/modules"
  cp "$cache/build/arch/x86/boot/bzImage" "$1/vmlinuz"
  cp "$cache/build/System.map" "$1"
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
  open_suite sid
  download sid "$cache/tools" '(lib|zlib|makedumpfile|kexec-tools).*' makedumpfile kexec-tools
  close_suite sid
  teach_compound_info "$cache/tools/usr/bin/makedumpfile"
  touch "$cache/tools/ready"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
install_packages "${host_packages[@]}"
for kernel in "$@"; do
  read -r name suite package config <<<"$kernel"
  if [ -z "$config" ]; then fetch_kernel "$name" "$suite" "$package"; else build_kernel "$name" "$suite" "$package" "$config"; fi
done
remove_sources
fetch_tools
for program in workload poison; do gcc -O1 -Wall -Wextra -static -o "$cache/$program" "$here/guest/$program.c"; done
