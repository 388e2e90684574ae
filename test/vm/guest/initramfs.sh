#!/bin/busybox sh
# First program of both kernels. The capture kernel finds /proc/vmcore, writes it to the second disk and
# stops; the kernel that is to be inspected continues from the first disk.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
if [ -e /proc/vmcore ]; then
  dd if=/proc/vmcore of=/dev/vdb bs=1M && sync && echo "vmcore|$?|$(stat -c %s /proc/vmcore | base64)|" >/dev/ttyS1
  poweroff -f
fi
mount -t ext4 /dev/vda /root
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
