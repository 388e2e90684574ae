import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PerCpu } from '../objects/per-cpu.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Symbolizer } from './symbolizer.ts';

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;
const SYMBOL = /^([A-Za-z_.][\w.$]*)(?:@(\d{1,5}))?(?:\+(0x[0-9a-f]{1,16}))?$/i;

/**
 * Parses a virtual address: 0x hex, or a symbol, with an offset as in other tools (`init_task+0x10`);
 * `runqueues@1` is CPU 1's copy of a per-CPU variable.
 * @throws InspectError usage if the text is neither; missingInfo if there is no such symbol or more than one
 */
export function addressOf(typed: TypedKernel, symbols: Symbolizer, text: string): bigint {
  if (ADDRESS.test(text)) return BigInt(text);
  const [, name, cpu, offset = '0x0'] = SYMBOL.exec(text) ?? [];
  if (name === undefined) {
    throw new InspectError('usage', `"${text.slice(0, 80)}" is not an address`, {
      hint: 'write an address in hex, beginning with 0x, or as a symbol: init_task, init_task+0x10, runqueues@0',
    });
  }
  const address = onlyOne(name, [...new Set(symbols.find(name).map((symbol) => symbol.address))]);
  const base = cpu === undefined ? address : new PerCpu(typed).pointer(address, Number(cpu));
  return BigInt.asUintN(64, base + BigInt(offset));
}

function onlyOne(name: string, addresses: readonly bigint[]): bigint {
  const [first, ...others] = addresses;
  if (first === undefined) {
    throw new InspectError('missingInfo', `this kernel has no symbol ${name}`, { key: `SYMBOL(${name})` });
  }
  if (others.length === 0) return first;
  const list = addresses.slice(0, 8).map(hex);
  throw new InspectError('missingInfo', `${addresses.length} symbols are named ${name}`, {
    hint: `give the address of one of them: ${list.join(', ')}`,
  });
}
