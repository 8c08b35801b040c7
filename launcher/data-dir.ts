/**
 * The data folder: where it lies, who may enter it, which start has it, and the record of what that
 * start runs.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { tryLock } from '#tools/lock.mjs';
import { identityOf, isAlive, type ProcessIdentity } from '#tools/process-identity.mjs';

import { LaunchError } from './launch-error.ts';
import { isRoot, systemFolder } from './system-user.ts';

/** What `launcher.json` holds. */
export type LaunchRecord = {
  readonly launcher: ProcessIdentity;
  /** Where it serves, once it does; `origin` is where people open it, which may be elsewhere. */
  readonly serves?: {
    readonly url: string;
    readonly origin: string;
    readonly rpc: string;
    readonly rpcSolana: string;
  };
  /** Ports that were served last, by the child's name; the next start prefers them. */
  readonly ports: { readonly [name: string]: number };
  /** The processes of this start, by the child's name. */
  readonly children: { readonly [name: string]: ProcessIdentity };
};

export type DataDir = {
  readonly folder: string;
  /** What the start before this one left behind. */
  readonly previous: LaunchRecord | undefined;
  /** Path of a file or folder in it. */
  file(...names: string[]): string;
  /** Replaces the record. */
  record(record: Omit<LaunchRecord, 'launcher'>): void;
  /** Lets the next start in. */
  release(): void;
};

/** `DATA_DIR`, or `.data` in the checkout; for root a folder that Postgres's user can reach. */
export function defaultDataDir(checkout: string): string {
  if (!isRoot()) return path.join(checkout, '.data');
  const hash = createHash('sha256').update(fs.realpathSync(checkout)).digest('hex');
  return path.join(systemFolder(), hash.slice(0, 16));
}

/**
 * Creates the folder where it does not exist and takes it for this process.
 * @throws LaunchError where another start has it, or it cannot be written
 */
export function openDataDir(wanted: string): DataDir {
  createFolder(wanted);
  // One spelling of the path: leftovers are recognised by it.
  const folder = fs.realpathSync(wanted);
  const recordFile = path.join(folder, 'launcher.json');
  const attempt = tryLock(path.join(folder, 'launcher.lock'));
  const previous = readRecord(recordFile);
  if (!attempt.held) throw alreadyRunning(folder, attempt.owner, previous);
  return {
    folder,
    previous,
    file: (...names) => path.join(folder, ...names),
    record: (record) => {
      const whole: LaunchRecord = { launcher: identityOf(), ...record };
      writeWhole(recordFile, `${JSON.stringify(whole, undefined, 2)}\n`);
    },
    release: attempt.release,
  };
}

/** The platform that another process runs on this folder, if one serves there now. */
export function runningPlatform(
  folder: string,
): (NonNullable<LaunchRecord['serves']> & { readonly operatorToken: string }) | undefined {
  const record = readRecord(path.join(folder, 'launcher.json'));
  if (record?.serves === undefined || !isAlive(record.launcher)) return undefined;
  return { ...record.serves, operatorToken: readOperatorToken(folder) };
}

function createFolder(folder: string): void {
  try {
    if (isNew(folder)) {
      makeFolder(folder);
      // Root's Postgres runs as another user, who must pass through; what is private has its own mode.
      fs.chmodSync(folder, isRoot() ? 0o711 : 0o700);
    } else if ((fs.statSync(folder).mode & 0o022) !== 0) {
      throw new Error('it holds other files, and other users may write to it');
    }
    fs.mkdirSync(path.join(folder, 'logs'), { recursive: true, mode: 0o700 });
    fs.mkdirSync(path.join(folder, 'chains'), { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new LaunchError(
      `the data folder ${folder} cannot be used (${reason}); set DATA_DIR to another one`,
      { cause },
    );
  }
}

/**
 * Makes the folder and those above it. One at a time, because Node's recursive form never returns on a
 * file system that answers ENOENT to every new folder, such as /proc.
 */
function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  fs.mkdirSync(folder);
}

/** A folder with something in it keeps its mode: it may be one that the whole machine uses. */
const isNew = (folder: string): boolean =>
  !fs.existsSync(folder) || fs.readdirSync(folder).length === 0;

function readRecord(file: string): LaunchRecord | undefined {
  return fs.existsSync(file)
    ? (JSON.parse(fs.readFileSync(file, 'utf8')) as LaunchRecord)
    : undefined;
}

function alreadyRunning(
  folder: string,
  owner: ProcessIdentity,
  record: LaunchRecord | undefined,
): LaunchError {
  const at = record?.launcher.pid === owner.pid ? record.serves?.url : undefined;
  return new LaunchError(
    `Countersign already runs on ${folder}: process ${owner.pid}` +
      `${at === undefined ? '' : `, at ${at}`}. Use that one, stop it with "kill ${owner.pid}", ` +
      'or start another one beside it with DATA_DIR=<another folder>.',
  );
}

/** Replaces a file at once: a reader, or a start after a crash, sees the old or the new content. */
export function writeWhole(file: string, content: string, mode = 0o600): void {
  const fresh = `${file}.new`;
  fs.writeFileSync(fresh, content, { mode });
  fs.renameSync(fresh, file);
}

/** The secret that authorises the operator's calls; the gateway makes it at its first start. */
export const readOperatorToken = (folder: string): string =>
  fs.readFileSync(path.join(folder, 'operator-token'), 'utf8').trim();
