import type { ForeignKind } from './foreign-kind.ts';

const unpack = (what: string, command: string, ...magic: string[]): ForeignKind => ({
  magic,
  what,
  hint: `unpack it first: ${command}`,
});

/** Compressed files and archives, which may hold a dump. Their magic numbers are in the specification of each. */
export const PACKED: readonly ForeignKind[] = [
  {
    magic: ['makedumpfile\0'],
    what: 'a flattened file inside a flattened file',
    hint: 'rearrange the outer one first: makedumpfile -R VMCORE < FILE',
  },
  unpack('a zstd-compressed file', 'zstd -d FILE', '\x28\xb5\x2f\xfd'),
  unpack('a gzip-compressed file', 'gunzip FILE', '\x1f\x8b'),
  unpack('a file of compress(1)', 'gunzip FILE', '\x1f\x9d'),
  unpack('an xz-compressed file', 'unxz FILE', '\xfd7zXZ\0'),
  unpack('a bzip2-compressed file', 'bunzip2 FILE', 'BZh'),
  unpack('an lzip-compressed file', 'lzip -d FILE', 'LZIP'),
  unpack('an lrzip-compressed file', 'lrunzip FILE', 'LRZI'),
  unpack('an lzop-compressed file', 'lzop -d FILE', '\x89LZO\0\r\n\x1a\n'),
  // LZ4F_MAGICNUMBER and LEGACY_MAGICNUMBER of lz4 (programs/lz4io.c); lz4 -l writes the latter
  unpack('an lz4-compressed file', 'unlz4 FILE', '\x04\x22\x4d\x18', '\x02\x21\x4c\x18'),
  // The stream identifier chunk of snappy (framing_format.txt); AVML's own format begins otherwise.
  unpack('a snappy-compressed file (framed)', 'snzip -d FILE', '\xff\x06\0\0sNaPpY'),
  unpack('a 7z archive', '7z x FILE', '7z\xbc\xaf\x27\x1c'),
  unpack('a zip archive', 'unzip FILE', 'PK\x03\x04', 'PK\x05\x06'),
  unpack('a RAR archive', 'unrar x FILE', 'Rar!\x1a\x07'),
  unpack('a cpio archive, perhaps an initramfs', 'cpio -id < FILE', '070701', '070702'),
  unpack('a Debian package or another ar archive', 'ar x FILE', '!<arch>\n'),
  unpack('an RPM package', 'rpm2cpio FILE | cpio -id', '\xed\xab\xee\xdb'),
  // struct posix_header of tar(5): ustar of POSIX, ustar with blanks of GNU
  { ...unpack('a tar archive', 'tar -xf FILE', 'ustar\0', 'ustar '), at: 257 },
];
