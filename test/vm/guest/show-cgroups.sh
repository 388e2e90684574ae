#!/bin/sh
# Prints the figures of each cgroup but the root: "CGROUP PATH", "current N", "procs N", and its memory.stat.
cd /mnt/cgroup || exit 0
# Adds up what CPUs have counted.
cat memory.stat >/dev/null
find . -mindepth 1 -type d | while read -r cgroup; do
  echo "CGROUP ${cgroup#.}"
  echo "current $(cat "$cgroup"/memory.current "$cgroup"/memory.usage_in_bytes 2>/dev/null)"
  echo "procs $(wc -l <"$cgroup/cgroup.procs")"
  cat "$cgroup/memory.stat"
done
