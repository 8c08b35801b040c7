/** The node's log: pino JSON on stderr. Only the fields below exist, so no share can reach it. */
import { type DestinationStream, pino } from 'pino';
import type { PartyId } from '#signing/kernel.ts';

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

export function openLog(
  party: PartyId,
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): NodeLog {
  const log = pino({ level, base: { node: party } }, destination);
  return {
    info: (event, fields = {}) => log.info({ ...allowed(fields), event }),
    warn: (event, fields = {}) => log.warn({ ...allowed(fields), event }),
    bug: (event, error) => log.error({ event, ...placeOf(error) }),
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
