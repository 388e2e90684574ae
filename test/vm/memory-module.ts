import { setInterval } from 'node:timers/promises';

/** A memory module that is plugged in and pulled out while the guest runs: a block of the kernel's memory hotplug. */
export const moduleMiB = 128;

/** How long it stays where it is, in milliseconds: the guest's kernel takes its time for either. */
const period = 3_000;

/**
 * Plugs the module in and pulls it out by turns. A guest that cannot let go of the memory refuses to, and is asked again; QEMU's word
 * that the module is there already, or still, means nothing.
 */
export async function plugAndPull(say: (command: string) => void, ended: AbortSignal): Promise<void> {
  say(`object_add memory-backend-ram,id=memory,size=${moduleMiB}M`);
  let isIn = false;
  try {
    for await (const _ of setInterval(period, undefined, { signal: ended })) {
      say(isIn ? 'device_del module' : 'device_add pc-dimm,id=module,memdev=memory');
      isIn = !isIn;
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}
