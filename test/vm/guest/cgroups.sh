# Sourced by the guests with cgroups. make_cgroups mounts a hierarchy of the memory controller, v2 or v1, and fills
# some cgroups with memory of each kind: they stay as they are from then on.
cgroups=/mnt/cgroup

mount_hierarchy() {
  mkdir -p "$cgroups"
  case $1 in
  # Without the memory controller its children cannot have memory, and none are made.
  v2 | disabled) mount -t cgroup2 cgroup2 "$cgroups" ;;
  v1) mount -t cgroup -o memory cgroup "$cgroups" ;;
  esac
}

# Lets the children of a cgroup have memory of their own, which v1 always does.
share_memory() { [ "$1" = v1 ] || echo +memory >"$2/cgroup.subtree_control"; }

# in_cgroup CGROUP COMMAND: a process of its own.
in_cgroup() { sh -c "echo 0 >$cgroups/$1/cgroup.procs && $2" & }

# wait_until COMMAND: at most two minutes, so that a guest never hangs.
wait_until() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || return 1
    sleep 0.2
  done
}

are_filled() { [ -e /tmp/web ] && [ -e /tmp/files ] && [ -e /tmp/names ]; }

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
  wait_until are_filled
  sh -c "echo 0 >$cgroups/gone/cgroup.procs && dd if=/dev/zero of=/mnt/left/file bs=64k count=16"
  wait_until rmdir "$cgroups/gone"
  # What ended processes had is given back after a while.
  sleep 2
}
