/**
 * The log of the gateway and the worker: pino's JSON lines on stderr. What reaches it is copied by
 * name, so that a value that somebody puts beside the known fields stays out.
 */
import { pino } from 'pino';
import { isPlatformError } from '#core/errors.ts';
import type { Log } from '#workflow/services.ts';
import type { LogLevel } from './config.ts';

/** Fields that may be logged: plain values, none of them a secret. */
const FIELDS = [
  'port',
  'network',
  'asset',
  'transfer',
  'wallet',
  'state',
  'party',
  'session',
  'purpose',
  'keyId',
  'code',
  'reason',
  'height',
  'hash',
  'found',
  'requestId',
  'path',
  'name',
  'frames',
  'attempt',
  'durationMs',
] as const;

export function openLog(program: string, level: LogLevel): Log {
  const log = pino({ level, base: { program } }, pino.destination({ fd: 2, sync: true }));
  return {
    info: (fields, message) => log.info(allowed(fields), message),
    warn: (fields, message) => log.warn(allowed(fields), message),
    error: (fields, message) => log.error(allowed(fields), message),
  };
}

function allowed(fields: object): object {
  const given = fields as Readonly<Record<string, unknown>>;
  const kept = FIELDS.flatMap((name) => {
    const value = given[name];
    return isPlain(value) ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(kept),
    ...(given['error'] === undefined ? {} : { error: describe(given['error']) }),
  };
}

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/**
 * A coded error in its own words. Of any other error only its name, its code and its place: the
 * message may quote what the code worked on, as a database's errors quote the statement.
 */
export function describe(error: unknown): object {
  if (isPlatformError(error)) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { name: typeof error };
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    at: frames.slice(0, 12).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  };
}
