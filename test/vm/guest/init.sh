#!/bin/busybox sh
# Root of the guest that is inspected: fills the memory, answers the questions, prepares the capture kernel and crashes. An answer is
# one line on the second serial port, where no kernel message can get between: NAME|STATUS|STDOUT|STDERR, the last two in base64.
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
exec >/dev/console 2>&1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t securityfs security /sys/kernel/security
mount -t tmpfs tmpfs /mnt
stty raw -echo </dev/ttyS1

answer() {
  sh -c "$2" >/tmp/stdout 2>/tmp/stderr
  echo "$1|$?|$(base64 -w 0 /tmp/stdout)|$(base64 -w 0 /tmp/stderr)" >/dev/ttyS1
}

answer_all() {
  while IFS='|' read -r name command; do answer "$name" "$command" </dev/null; done <"$1"
}

inflate_balloon() {
  for module in /modules/*.ko; do insmod "$module"; done
  until [ "$(awk '$1 == "balloon_inflate" { print $2 }' /proc/vmstat)" -ge "$BALLOON_PAGES" ]; do sleep 1; done
}

fill_memory() {
  # Short per-CPU lists of free pages (since 5.14): else a thousand pages move between FREE and KERN_DATA at any moment.
  echo 1000 >/proc/sys/vm/percpu_pagelist_high_fraction
  echo 4 >/proc/sys/vm/nr_hugepages
  # Huge pages from the start, but nothing that collects small ones into huge ones behind our back.
  echo 4000000000 >/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
  echo always >/sys/kernel/mm/transparent_hugepage/enabled
  dd if=/dev/urandom of=/mnt/random bs=64k count=64
  dd if=/dev/zero of=/mnt/zeros bs=64k count=64
  # What was written through ext4 keeps its buffer heads: cache pages with the private flag.
  dd if=/dev/urandom of=/written bs=64k count=64 && sync
  workload /written "$POISONED_PAGES" >/tmp/workload &
  until grep -q ready /tmp/workload; do kill -0 $! || poweroff -f; sleep 1; done
}

. /etc/guest
inflate_balloon
fill_memory
kexec -p "$KEXEC_SYSTEM_CALL" /boot/vmlinuz --initrd=/boot/initrd --append="console=ttyS0 nr_cpus=1 irqpoll reset_devices panic=-1"
answer_all /etc/questions
echo confidentiality >/sys/kernel/security/lockdown
answer_all /etc/questions.lockdown
sync
echo c >/proc/sysrq-trigger
