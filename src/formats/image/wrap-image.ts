import type { Range } from '../../bytes/ranges.ts';
import type { MemoryImage } from './image.ts';

/**
 * The same image with some members replaced. All members that `instead` does not name, including ones added
 * later, come from `image`, so a format that wraps another one cannot lose them.
 */
export function wrapImage(image: MemoryImage, instead: Partial<MemoryImage>): MemoryImage {
  return new Proxy(image, {
    get(target, name) {
      const from: MemoryImage | Partial<MemoryImage> = Object.hasOwn(instead, name) ? instead : target;
      // Members of classes use private fields, which the proxy does not have.
      const member: unknown = Reflect.get(from, name, from);
      return typeof member === 'function' ? member.bind(from) : member;
    },
    has: (target, name) => name in instead || name in target,
  });
}

/** Like wrapImage, also for the images of the same file with its memory around a hole. */
export function wrapWherever(image: MemoryImage, instead: Partial<MemoryImage>): MemoryImage {
  const { placedAround } = image;
  const around = placedAround && { placedAround: (hole: Range) => wrapWherever(placedAround(hole), instead) };
  return wrapImage(image, { ...instead, ...around });
}
