# Sourced by the first program of every guest: mounts what all of them need, and answers questions. An answer
# is one line on the second serial port, where no kernel message can interfere:
# NAME|STATUS|STDOUT|STDERR|SECONDS. The third and fourth fields are base64, the last is the kernel's uptime.
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
exec >/dev/console 2>&1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t securityfs security /sys/kernel/security
# Answers are collected outside the disk, so that nothing is written to it while memory is measured.
mount -t tmpfs tmpfs /tmp
stty raw -echo </dev/ttyS1

answer() {
  sh -c "$2" >/tmp/stdout 2>/tmp/stderr
  echo "$1|$?|$(base64 -w 0 /tmp/stdout)|$(base64 -w 0 /tmp/stderr)|$(cut -d ' ' -f 1 /proc/uptime)" >/dev/ttyS1
}

answer_all() {
  while IFS='|' read -r name command; do answer "$name" "$command" </dev/null; done <"$1"
}
