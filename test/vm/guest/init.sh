#!/bin/busybox sh
# Root of the guest that is inspected: fills the memory, answers the questions, prepares the capture kernel
# and crashes.
. /etc/answers.sh
. /etc/cgroups.sh
mount -t tmpfs tmpfs /mnt

inflate_balloon() {
  for module in /modules/*.ko; do insmod "$module"; done
  until [ "$(awk '$1 == "balloon_inflate" { print $2 }' /proc/vmstat)" -ge "$BALLOON_PAGES" ]; do sleep 0.1; done
}

fill_memory() {
  # Short per-CPU lists of free pages, because otherwise a thousand pages move between FREE and KERN_DATA at
  # any moment. The name is this one since 5.14.
  for knob in /proc/sys/vm/percpu_pagelist_high_fraction /proc/sys/vm/percpu_pagelist_fraction; do
    [ ! -e "$knob" ] || echo 1000 >"$knob"
  done
  echo 4 >/proc/sys/vm/nr_hugepages
  # Huge pages from the start, but nothing that collects small pages into huge ones in the background.
  echo 4000000000 >/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
  echo always >/sys/kernel/mm/transparent_hugepage/enabled
  dd if=/dev/urandom of=/mnt/random bs=64k count=64
  dd if=/dev/zero of=/mnt/zeros bs=64k count=64
  # What is written through ext4 keeps its buffer heads: cache pages with the private flag.
  dd if=/dev/urandom of=/written bs=64k count=64 && sync
  # Only a kernel that can poison pages counts them.
  grep -q ^HardwareCorrupted: /proc/meminfo || POISONED_PAGES=0
  workload /written "$POISONED_PAGES" >/tmp/workload &
  until grep -q ready /tmp/workload; do kill -0 $! || poweroff -f; sleep 0.1; done
}

# From here on only the answers change the page cache: all programs are in it, and the disk takes no writes,
# not even for the journal and access times.
still_page_cache() {
  find /app /bin /lib /lib64 /tools /usr -type f -exec cat {} + >/dev/null
  sync
  mount -o remount,ro /
}

. /etc/guest
inflate_balloon
fill_memory
make_cgroups v2
kexec -p "$KEXEC_SYSTEM_CALL" /boot/vmlinuz --initrd=/boot/initrd --append="$LATE_TIMER console=ttyS0 nr_cpus=1 irqpoll reset_devices panic=-1"
still_page_cache
answer_all /etc/questions
echo confidentiality >/sys/kernel/security/lockdown
answer_all /etc/questions.lockdown
echo c >/proc/sysrq-trigger
