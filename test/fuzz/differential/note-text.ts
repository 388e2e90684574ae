import type { Aim } from './target.ts';

/** The commands that depend on VMCOREINFO; `vmcoreinfo` is left out, because it shows the note's own text. */
const COMMANDS = ['pages', 'usage', 'info', 'layout', 'dmesg', 'ps', 'symbols:init_task'];
const PARTS = ['value', 'value', 'key'] as const;

/** Aims at a line of the VMCOREINFO note: its key or its value. */
export const vmcoreinfo: Aim = (dump, random) => {
  const note = dump.image.notes.find(({ name }) => name === 'VMCOREINFO');
  if (!note) return undefined;
  const start = Number(note.offset);
  const text = Buffer.from(dump.fileBytes(start, note.size)).toString('latin1');
  const lines = [...text.matchAll(/^([^=\n]+)=(.*)\n/gm)];
  const line = random.pick(lines);
  const [whole, key = '', value = ''] = line;
  const part = random.pick(PARTS);
  const at = start + line.index + (part === 'value' ? key.length + 1 : 0);
  const length = part === 'value' ? value.length : part === 'key' ? key.length : whole.length;
  const like = lines.filter((other) => other[2]?.length === value.length && other[1] !== key);
  const same = like.length > 0 ? random.pick(like) : undefined;
  return {
    structure: 'VMCOREINFO',
    field: `${key} (${part})`,
    kind: 'text',
    at,
    length: Math.max(1, length),
    room: start + text.length - at,
    commands: COMMANDS,
    ...(same && part === 'value'
      ? {
          neighbour: start + same.index + (same[1]?.length ?? 0) + 1,
          other: () => new Uint8Array(Buffer.from(same[2] ?? '', 'latin1')),
        }
      : {}),
  };
};
