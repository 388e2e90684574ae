import type { MemoryImage } from './image.ts';

/**
 * An image that is another one but for some members. What those do not name, of today or added later, is the other's: a
 * format that wraps another cannot lose it.
 */
export function wrapImage(image: MemoryImage, instead: Partial<MemoryImage>): MemoryImage {
  return new Proxy(image, {
    get(target, name) {
      const from: MemoryImage | Partial<MemoryImage> = Object.hasOwn(instead, name) ? instead : target;
      // Members of classes use private fields, which the proxy has not.
      const member: unknown = Reflect.get(from, name, from);
      return typeof member === 'function' ? member.bind(from) : member;
    },
    has: (target, name) => name in instead || name in target,
  });
}
