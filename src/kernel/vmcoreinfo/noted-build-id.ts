/** The note of a build id: n_namesz, n_descsz, n_type (NT_GNU_BUILD_ID) and the name, in hex. */
const HEADER = [
  ...['04', '00', '00', '00'],
  ...['[0-9a-f]{2}', '00', '00', '00'],
  ...['03', '00', '00', '00'],
  ...['47', '4e', '55', '00'],
];
/** The whole header, or its end from any byte on; at least the name. */
const HEADER_ENDS = HEADER.slice(0, -3).map((_, at) => HEADER.slice(at).join(''));
const BEGINS_WITH_HEADER = new RegExp(`^(?:${HEADER_ENDS.join('|')})`, 'i');

/**
 * Returns what follows the bytes of a note's header at the start of a BUILD-ID: the first bytes of the true
 * id. Undefined if the BUILD-ID begins with no such bytes. Stable kernels that took 8fa2b6817a95
 * ("lib/buildid: harden build ID parsing logic", 6.12) into the older parser copied the id from 12 or 16 bytes
 * before its place (5.15.168, 6.1.113 to 6.1.118, 6.6.55 to 6.6.62, 6.10.14, 6.11.3 to 6.11.9).
 */
export function idAfterHeader(buildId: string): string | undefined {
  const header = BEGINS_WITH_HEADER.exec(buildId)?.[0];
  return header === undefined ? undefined : buildId.slice(header.length).toLowerCase();
}
