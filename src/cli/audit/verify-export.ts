/**
 * The whole check of an exported audit log: each entry in its place, the authority log beside it, and
 * what every entry rests on. Entries are read in their order; proofs may take other threads, and the
 * first entry that is wrong is told, whichever way it was found.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { invalidInput } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { type AuthorityLine, type EntryLine, readExportLine } from '#mandate/audit-export.ts';
import { auditOrigin } from '#mandate/checkpoint.ts';
import { type LogFault, LogVerifier } from '#mandate/verify-log.ts';
import { AuthorityReplay } from './authority-replay.ts';
import { EvidenceJudge, type Judged } from './evidence.ts';
import { cosignedByOne, type KnownRecords, nodesOfRecord } from './known-records.ts';
import { type ProofWork, proofsHere } from './proof-work.ts';

/** What the auditor brings. */
export type AuditorKnowledge = {
  readonly records: KnownRecords;
  /** The hash of the authority log's first entry, 64 hex digits. */
  readonly genesis: string;
  /** Checkpoints of the audit log from elsewhere. */
  readonly known: readonly string[];
};

export type Verdict = {
  readonly entries: number;
  /** Entries of the authority log, and where it ends. */
  readonly authority: { readonly entries: number; readonly head: string };
  readonly judged: Judged;
  /** Of the committee that cosigned the last checkpoint; absent where its record is not known, or none did. */
  readonly record?: string;
  /** The first that is wrong. */
  readonly fault?: LogFault;
};

export type VerifyOptions = {
  /** Where proofs are done; in this thread unless told. The caller ends it. */
  readonly work?: ProofWork;
  /** Hears now and then how many entries were read. */
  readonly tell?: (entries: number) => void;
};

/** @throws INVALID_INPUT for a file that is no export */
export async function verifyFile(
  path: string,
  auditor: AuditorKnowledge,
  options: VerifyOptions = {},
): Promise<Verdict> {
  const stream = createReadStream(path);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    return await verifyLines(lines, auditor, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    throw invalidInput(path, `cannot be read (${code})`, 'Name the file of an export.');
  } finally {
    stream.destroy();
  }
}

/** @throws INVALID_INPUT for lines that are no export */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  auditor: AuditorKnowledge,
  { work = proofsHere(), tell = () => undefined }: VerifyOptions = {},
): Promise<Verdict> {
  let reading: ExportReading | undefined;
  let fault: LogFault | undefined;
  for await (const text of lines) {
    const line = readExportLine(text);
    if (line.kind === 'log') {
      if (reading !== undefined) throw notAnExport('two logs in one file');
      reading = new ExportReading(line.organization, auditor, work);
      continue;
    }
    if (reading === undefined) break;
    if (line.kind === 'checkpoint') fault = reading.log.checkpoint(line.note);
    else if (line.kind === 'authority') fault = reading.change(line);
    else {
      fault = await reading.entry(line);
      tell(reading.log.size);
    }
    if (fault !== undefined || work.fault !== undefined) break;
  }
  if (reading === undefined) throw notAnExport('no export of an audit log');
  fault ??= work.fault === undefined ? reading.log.end() : undefined;
  return reading.verdict(first(fault, await work.settled()));
}

/** What was read so far of one log. */
class ExportReading {
  readonly log: LogVerifier;
  readonly #authority: AuthorityReplay;
  readonly #judge: EvidenceJudge;
  readonly #work: ProofWork;
  /** By the newest checkpoint that held. */
  #record: string | undefined;
  #policies = 0;

  constructor(organization: OrganizationId, auditor: AuditorKnowledge, work: ProofWork) {
    const { records, known, genesis } = auditor;
    const origin = auditOrigin(organization);
    const requireCheckpoint = (note: string) => {
      const { checkpoint, by } = cosignedByOne(note, origin, records);
      this.#record = by.record;
      return checkpoint;
    };
    const [{ witnesses }] = records;
    this.log = new LogVerifier({ organization, witnesses, known, requireCheckpoint });
    this.#authority = new AuthorityReplay(organization, genesis);
    this.#judge = new EvidenceJudge(
      (record) => nodesOfRecord(record, records),
      (head) => this.#authority.at(head),
    );
    this.#work = work;
  }

  change(line: AuthorityLine): LogFault | undefined {
    const fault = this.#authority.change(line);
    if (fault !== undefined) return faultAt(this.log.size + 1, fault);
    const { policies = [] } = this.#authority.state ?? {};
    for (const policy of policies.slice(this.#policies)) this.#work.learn(policy);
    this.#policies = policies.length;
    return undefined;
  }

  async entry(line: EntryLine): Promise<LogFault | undefined> {
    const misplaced = this.log.entry(line);
    if (misplaced !== undefined) return misplaced;
    const at = this.log.size;
    const fault = this.#authority.fault(line.entry.authority);
    if (fault !== undefined) return faultAt(at, fault);
    const left = this.#judge.judge(line, this.#authority.state);
    if (typeof left === 'string') return faultAt(at, left);
    if (left.length > 0) await this.#work.prove(at, left);
    return undefined;
  }

  verdict(fault: LogFault | undefined): Verdict {
    const { head } = this.#authority.state ?? {};
    const authority = { entries: head ? head.sequence + 1 : 0, head: head?.hash ?? '' };
    const record = this.#record === undefined ? {} : { record: this.#record };
    const read = { entries: this.log.size, authority, judged: this.#judge.judged, ...record };
    return fault === undefined ? read : { ...read, fault };
  }
}

const faultAt = (at: number, reason: string): LogFault => ({ from: at, to: at, reason });

const first = (one: LogFault | undefined, other: LogFault | undefined): LogFault | undefined =>
  one !== undefined && other !== undefined && other.from < one.from ? other : (one ?? other);

const notAnExport = (reason: string) => invalidInput('export', reason, 'Export the log again.');
