import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { untypedKeys } from './untyped-keys.ts';
import { typedKeys, type UseKeys } from './use-keys.ts';

/** @throws InspectError missingInfo, when BTF or VMCOREINFO lacks what is needed */
export function useKeys(typed: TypedKernel): UseKeys {
  return typed.hasNoTypes ? untypedKeys(typed) : typedKeys(typed);
}
