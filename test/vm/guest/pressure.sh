#!/bin/busybox sh
# Root of the guest whose memory keeps changing: answers questions while other programs fill and empty memory,
# and while parts of it are removed and come back. Before that it reads dumps from a disk with bad sectors.
. /etc/answers.sh
. /etc/guest
for module in /modules/*.ko; do insmod "$module"; done
mkdir -p /dev/shm /scratch
mount -t tmpfs tmpfs /dev/shm

# /dev/vdb as it is, except for the sectors that the table maps to nothing.
make_bad_disk() {
  echo "$BAD_DISK" | tr ';' '\n' | dmsetup create --noudevsync bad
  mount -o ro "/dev/$(basename "$(readlink -f /sys/block/dm-0)")" /mnt
}

fill_and_empty_memory() {
  # If memory runs out, the inspector must not be the one to die.
  echo 1000 >/proc/self/oom_score_adj
  cd /scratch || exit
  # shellcheck disable=SC2086 # one option for each word
  exec nice -n 15 stress-ng $STRESSORS
}

# The memory blocks that can be removed at all, one after the other: those that hold only movable pages.
offline_and_online() {
  while :; do
    for block in /sys/devices/system/memory/memory*; do
      grep -q Movable "$block/valid_zones" && timeout 3 sh -c "echo offline >$block/state" && echo >>/tmp/offlined
      sleep 0.2
      echo online_movable >"$block/state"
    done
  done 2>/dev/null
}

make_bad_disk
answer_all /etc/questions.faults
umount /mnt
echo -1000 >/proc/self/oom_score_adj
dd if=/dev/urandom of=/poisoned bs=64k count=64
sync
fill_and_empty_memory &
offline_and_online &
poison /poisoned &
answer_all /etc/questions.pressure
poweroff -f
