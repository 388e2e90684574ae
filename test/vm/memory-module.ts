import { setInterval } from 'node:timers/promises';

/** A memory module that is plugged in and removed while the guest runs: one memory hotplug block. */
export const moduleMiB = 128;

/** Milliseconds that it stays in or out, because the guest's kernel takes some time for each. */
const period = 3_000;

/**
 * Plugs the module in and removes it in turn. If the guest cannot release the memory it refuses, and is asked
 * again. QEMU's message that the module is already, or still, there means nothing.
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
