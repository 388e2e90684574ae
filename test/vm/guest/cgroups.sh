# Sourced by the guests with cgroups. make_cgroups mounts a hierarchy of the memory controller, v2 or v1, and fills
# some cgroups with memory of each kind: they stay as they are from then on.
cgroups=/mnt/cgroup

mount_hierarchy() {
  mkdir -p "$cgroups"
  case $1 in
  v2) mount -t cgroup2 cgroup2 "$cgroups" ;;
  v1) mount -t cgroup -o memory cgroup "$cgroups" ;;
  esac
}

# Lets the children of a cgroup have memory of their own, which v1 always does.
share_memory() { [ "$1" = v1 ] || echo +memory >"$2/cgroup.subtree_control"; }

# in_cgroup CGROUP COMMAND: a process of its own.
in_cgroup() { sh -c "echo 0 >$cgroups/$1/cgroup.procs && $2" & }

make_cgroups() {
  mount_hierarchy "$1" && share_memory "$1" "$cgroups" || return 0
  mkdir "$cgroups/web" "$cgroups/batch" "$cgroups/gone" "$cgroups/idle"
  share_memory "$1" "$cgroups/batch"
  mkdir "$cgroups/batch/files" "$cgroups/batch/names"
  mkdir /mnt/names /mnt/left
  # Anonymous memory: the shell keeps it in a variable.
  in_cgroup web 'x=$(head -c 4000000 /dev/zero | tr "\0" x); : >/tmp/web; while :; do sleep 100000; done'
  in_cgroup batch/files 'dd if=/dev/zero of=/cached bs=64k count=32; dd if=/dev/zero of=/mnt/shared bs=64k count=20; sync; : >/tmp/files; exec sleep 100000'
  # Slab objects and stacks.
  in_cgroup batch/names 'i=0; while [ $i -lt 500 ]; do : >/mnt/names/$i; i=$((i+1)); done; for i in 1 2 3 4; do sleep 100000 & done; : >/tmp/names; exec sleep 100000'
  until [ -e /tmp/web ] && [ -e /tmp/files ] && [ -e /tmp/names ]; do sleep 0.2; done
  sh -c "echo 0 >$cgroups/gone/cgroup.procs && dd if=/dev/zero of=/mnt/left/file bs=64k count=16"
  until rmdir "$cgroups/gone"; do sleep 0.2; done
  # What ended processes had is given back after a while.
  sleep 2
}
