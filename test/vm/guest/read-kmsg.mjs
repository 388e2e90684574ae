// Prints the contents of /dev/kmsg, record by record. A read fails with EPIPE if records were lost, and
// continues after them.
import { constants, openSync, readSync, writeSync } from 'node:fs';

const kmsg = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
const record = Buffer.alloc(1 << 14);

for (;;) {
  try {
    writeSync(1, record.subarray(0, readSync(kmsg, record, 0, record.length, null)));
  } catch (error) {
    if (error.code === 'EAGAIN') break;
    if (error.code !== 'EPIPE') throw error;
  }
}
