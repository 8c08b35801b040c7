/**
 * Looks for secrets in all that a process of this user has in memory: V8's heap, the bytes of typed
 * arrays, what libraries allocate, stacks. Linux shows it (`/proc/PID/mem`); the process stands still
 * while it is copied, so that what is seen is of one moment.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as immediately } from 'node:timers/promises';

/** What is looked for, and the name under which it is reported. At least two bytes. */
export type Needle = { readonly name: string; readonly bytes: Buffer };

export type Found = {
  /** The names that were found, in the order of the needles. */
  readonly names: readonly string[];
  /** How many bytes were looked at. */
  readonly searched: number;
};

/** Why the memory of another process cannot be read here, if it cannot. */
export const UNREADABLE = existsSync('/proc/self/smaps')
  ? undefined
  : 'this system has no /proc/PID/mem';

const PIECE_BYTES = 4 * 1024 * 1024;
const PREFIXES = 2 ** 16;

/** Finds any of many needles in one pass: only where two bytes fit is one compared. */
export class Search {
  readonly #byPrefix = new Map<number, Needle[]>();
  readonly #known = new Uint8Array(PREFIXES);
  readonly #names: readonly string[];
  readonly #found = new Set<string>();
  readonly #longest: number;
  #searched = 0;

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const prefix = needle.bytes.readUInt16BE(0);
      this.#known[prefix] = 1;
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), needle]);
    }
    this.#names = [...new Set(needles.map(({ name }) => name))];
    this.#longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  }

  /** Others may run between two pieces. */
  async look(bytes: Buffer): Promise<void> {
    this.#searched += bytes.length;
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      this.#lookAt(bytes.subarray(from, from + PIECE_BYTES + this.#longest - 1));
      await immediately();
    }
  }

  #lookAt(piece: Buffer): void {
    const known = this.#known;
    let prefix = piece[0] as number;
    for (let next = 1; next < piece.length; next++) {
      prefix = ((prefix << 8) | (piece[next] as number)) & 0xffff;
      if (known[prefix] === 0) continue;
      const at = next - 1;
      for (const { name, bytes } of this.#byPrefix.get(prefix) ?? []) {
        const end = at + bytes.length;
        if (end > piece.length || piece[end - 1] !== bytes[bytes.length - 1]) continue;
        if (bytes.compare(piece, at, end) === 0) this.#found.add(name);
      }
    }
  }

  result(): Found {
    const names = this.#names.filter((name) => this.#found.has(name));
    return { names, searched: this.#searched };
  }
}

type Region = { readonly from: number; readonly to: number };

/** What is in memory and belongs to no file, or may differ from its file. */
function regionsOf(pid: number): readonly Region[] {
  const regions: Region[] = [];
  let head: RegExpExecArray | null = null;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const next = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+) *(.*)$/.exec(line);
    if (next !== null) head = next;
    const [, size] = /^Rss: +(\d+) kB$/.exec(line) ?? [];
    if (size === undefined || head === null || size === '0') continue;
    const [, from = '', to = '', mode = '', inode, name = ''] = head;
    const isOwn = mode[1] === 'w' || inode === '0';
    if (mode[0] !== 'r' || !isOwn || name.startsWith('[v')) continue;
    regions.push({ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) });
  }
  return regions;
}

/** @throws Error when there is no such process, or it is not ours to read */
export async function searchMemory(pid: number, needles: readonly Needle[]): Promise<Found> {
  const search = new Search(needles);
  for (const region of copyMemory(pid)) await search.look(region);
  return search.result();
}

/** The process stands still no longer than the copy takes. */
function copyMemory(pid: number): readonly Buffer[] {
  process.kill(pid, 'SIGSTOP');
  try {
    const memory = openSync(`/proc/${pid}/mem`, 'r');
    const pages = openSync(`/proc/${pid}/pagemap`, 'r');
    try {
      return regionsOf(pid)
        .flatMap((region) => presentIn(pages, region))
        .map(({ from, to }) => readAll(memory, from, to - from));
    } finally {
      closeSync(memory);
      closeSync(pages);
    }
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** The smallest page there is: larger ones count as several. */
const PAGE_BYTES = 4096;
const ENTRY_BYTES = 8;
/** Of an entry's highest byte: the page is in memory, or it is swapped out. */
const IS_HELD = 0xc0;

/** The parts of a region that were ever written: the rest of it is nothing but zeros. */
function presentIn(pages: number, { from, to }: Region): readonly Region[] {
  const count = (to - from) / PAGE_BYTES;
  const entries = readAll(pages, (from / PAGE_BYTES) * ENTRY_BYTES, count * ENTRY_BYTES);
  const isHeld = (page: number): boolean =>
    ((entries[page * ENTRY_BYTES + ENTRY_BYTES - 1] ?? 0) & IS_HELD) !== 0;
  const held: Region[] = [];
  for (let page = 0; page < count; page++) {
    const begin = page;
    while (page < count && isHeld(page)) page += 1;
    if (page === begin) continue;
    held.push({ from: from + begin * PAGE_BYTES, to: from + page * PAGE_BYTES });
  }
  return held;
}

function readAll(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let size = 0;
  while (size < length) {
    const read = readSync(file, bytes, size, length - size, from + size);
    if (read === 0) break;
    size += read;
  }
  return bytes.subarray(0, size);
}
