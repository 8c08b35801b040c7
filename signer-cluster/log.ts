/**
 * The node's log: lines of JSON on stderr, in pino's form. Only the fields below exist, so no share can
 * reach it. A logging library would be a tenth of the packages that a node trusts with its memory.
 */
import process from 'node:process';
import type { PartyId } from '#signing/kernel.ts';
import { StartRefused } from './sealing.ts';

export type LogFields = {
  readonly port?: number;
  /** The first eight bytes of the session's id, in hex. */
  readonly session?: string;
  readonly purpose?: string;
  readonly keyId?: string;
  readonly organization?: string;
  /** The session's signers. */
  readonly parties?: readonly PartyId[];
  /** Whom the node blames or will not work with. */
  readonly culprits?: readonly PartyId[];
  readonly code?: string;
  readonly reason?: string;
  readonly field?: string;
  readonly torn?: number;
  readonly threads?: number;
  readonly durationMs?: number;
};

export type NodeLog = {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** A bug: where it happened, without the message, which might quote what the code worked on. */
  bug(event: string, error: unknown): void;
};

/** By name, the number that stands in a line; `silent` is above all of them. */
const LEVELS = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
} as const;

const isLevel = (name: string): name is keyof typeof LEVELS => Object.hasOwn(LEVELS, name);

/** Takes whole lines. What is written to stderr has left the process when the call returns. */
type Destination = { write(line: string): void };

/** @throws StartRefused where there is no such level */
export function openLog(
  party: PartyId | (() => PartyId),
  level: string,
  destination: Destination = process.stderr,
): NodeLog {
  if (!isLevel(level)) {
    throw new StartRefused(`LOG_LEVEL must be one of ${Object.keys(LEVELS).join(', ')}`);
  }
  const write = (rank: number, fields: object): void => {
    if (rank < LEVELS[level]) return;
    const node = typeof party === 'number' ? party : party();
    const line = { level: rank, time: Date.now(), node, ...fields };
    destination.write(`${JSON.stringify(line)}\n`);
  };
  return {
    info: (event, fields = {}) => write(LEVELS.info, { ...allowed(fields), event }),
    warn: (event, fields = {}) => write(LEVELS.warn, { ...allowed(fields), event }),
    bug: (event, error) => write(LEVELS.error, { event, ...placeOf(error) }),
  };
}

const FIELDS: readonly (keyof LogFields)[] = [
  'port',
  'session',
  'purpose',
  'keyId',
  'organization',
  'parties',
  'culprits',
  'code',
  'reason',
  'field',
  'torn',
  'threads',
  'durationMs',
];

/** Copies by name: a field that a caller smuggled in stays out. */
const allowed = (fields: LogFields): LogFields =>
  Object.fromEntries(
    FIELDS.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  );

function placeOf(error: unknown): { readonly name: string; readonly at: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: frames.map((line) => line.trim()) };
}
