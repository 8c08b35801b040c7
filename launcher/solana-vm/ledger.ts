/**
 * The local Solana chain's history on disk: one line of JSON for each transaction, in the order of
 * execution, behind a line that names the chain. A line is on disk before its transaction is
 * acknowledged; what follows the last whole line never was, and is cut off.
 */
import fs from 'node:fs';

/** What tells this chain, and the way to replay it, from others. */
export type Genesis = {
  readonly kind: 'genesis';
  /** 32 random bytes in hex: no two chains have equal block hashes. */
  readonly salt: string;
};

export type Entry = {
  readonly kind: 'transaction';
  /** Signed bytes in base64. */
  readonly raw: string;
  /** Sent by the chain's own bank, whose signature nobody checks. */
  readonly unlocked: boolean;
  /** When it was executed, in seconds since 1970. */
  readonly at: number;
  /** How it ended, as the chain says it; null for success. A replay must end the same way. */
  readonly failure: string | null;
};

export type Ledger = {
  readonly genesis: Genesis;
  /** What the file held when it was opened, oldest first. */
  readonly entries: readonly Entry[];
  /** Returns when the line is on disk. */
  append(entry: Entry): void;
  close(): void;
};

/** The file holds something that this version cannot read. */
export class LedgerUnreadable extends Error {
  override readonly name = 'LedgerUnreadable';
}

/**
 * Opens the history, or begins one.
 * @throws LedgerUnreadable when a whole line is not one of ours
 */
export function openLedger(file: string, newGenesis: () => Genesis): Ledger {
  const content = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
  const end = content.lastIndexOf('\n') + 1;
  const [first, ...entries] = linesOf(content.subarray(0, end).toString());
  if (first !== undefined && first.kind !== 'genesis') throw new LedgerUnreadable('no genesis');
  if (entries.some(({ kind }) => kind !== 'transaction')) throw new LedgerUnreadable('two chains');
  const descriptor = fs.openSync(file, fs.existsSync(file) ? 'r+' : 'w+', 0o600);
  if (end < content.length) fs.ftruncateSync(descriptor, end);
  let at = end;
  const write = (line: Genesis | Entry): void => {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    fs.writeSync(descriptor, bytes, 0, bytes.length, at);
    fs.fdatasyncSync(descriptor);
    at += bytes.length;
  };
  const genesis = first ?? newGenesis();
  if (first === undefined) write(genesis);
  return {
    genesis,
    entries: entries as readonly Entry[],
    append: write,
    close: () => fs.closeSync(descriptor),
  };
}

function linesOf(text: string): readonly (Genesis | Entry)[] {
  try {
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Genesis | Entry);
  } catch (cause) {
    throw new LedgerUnreadable('a line that is no JSON', { cause });
  }
}
