/** What /proc/PID/status says about a process, in the terms of `ps --json`; sizes in bytes. */
export interface ProcStatus {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly name: string;
  /** "S (sleeping)" */
  readonly state: string;
  readonly uid: number;
  readonly euid: number;
  readonly threads: number;
  /** null for a process without its own memory. */
  readonly memory: {
    readonly anon: number;
    readonly file: number;
    readonly shmem: number;
    readonly swap: number;
    readonly pageTables: number;
  } | null;
}

/** All processes by PID, from their status files in sequence. */
export function parseStatus(text: string): Map<number, ProcStatus> {
  const records = text.split(/^(?=Name:\t)/m).filter((record) => record !== '');
  return new Map(records.map((record) => parseRecord(record)).map((status) => [status.pid, status]));
}

function parseRecord(record: string): ProcStatus {
  const line = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(record)?.[1];
  const number = (name: string, word = 0) => Number(line(name)?.split(/\s+/)[word]);
  const kib = (name: string) => 1024 * number(name);
  return {
    pid: number('Pid'),
    tgid: number('Tgid'),
    ppid: number('PPid'),
    name: line('Name') ?? '',
    state: line('State') ?? '',
    uid: number('Uid'),
    euid: number('Uid', 1),
    threads: number('Threads'),
    memory:
      line('VmRSS') === undefined
        ? null
        : {
            anon: kib('RssAnon'),
            file: kib('RssFile'),
            shmem: kib('RssShmem'),
            swap: kib('VmSwap'),
            pageTables: kib('VmPTE'),
          },
  };
}
