/**
 * Loaded into a program before its own modules: a host whose clock is wrong or whose disk takes nothing.
 * The file that BAD_HOST names says which, as `{"clockMs": 3600000, "disk": "sound"}`; it is read again
 * and again, so that a run makes a host bad and sound again while the program runs. Monotonic clocks and
 * timers go on as they are: it is the time of day that is wrong.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const LOOK_AGAIN_MS = 25;
/** Standard input, output and error are no disk. */
const FIRST_FILE = 3;

/** @type {{ clockMs: number, disk: 'sound' | 'full' | 'no-sync' }} */
let host = { clockMs: 0, disk: 'sound' };

function look() {
  try {
    host = JSON.parse(fs.readFileSync(process.env['BAD_HOST'] ?? '', 'utf8'));
  } catch {
    // The file is not there yet, or is being written: the host stays as it was.
  }
}

look();
setInterval(look, LOOK_AGAIN_MS).unref();

const { now } = Date;
Date.now = () => now() + host.clockMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length === 0 ? [Date.now()] : given, made),
});

/** @param {'ENOSPC' | 'EIO'} code */
const failure = (code) => Object.assign(new Error(`${code}: the host's disk`), { code });

/** @param {number} [descriptor] */
function requireSpace(descriptor = FIRST_FILE) {
  if (host.disk === 'full' && descriptor >= FIRST_FILE) throw failure('ENOSPC');
}

function requireSync() {
  if (host.disk === 'no-sync') throw failure('EIO');
}

const { writeSync, fsyncSync, fdatasyncSync } = fs;
fs.writeSync = /** @type {typeof writeSync} */ (
  (/** @type {Parameters<typeof writeSync>} */ ...given) => {
    requireSpace(given[0]);
    return writeSync(...given);
  }
);
fs.fsyncSync = (descriptor) => {
  requireSync();
  fsyncSync(descriptor);
};
fs.fdatasyncSync = (descriptor) => {
  requireSync();
  fdatasyncSync(descriptor);
};
syncBuiltinESMExports();

const probe = await open(import.meta.filename);
const FileHandle = Object.getPrototypeOf(probe);
await probe.close();
for (const [name, require] of [
  ['write', requireSpace],
  ['writev', requireSpace],
  ['writeFile', requireSpace],
  ['appendFile', requireSpace],
  ['sync', requireSync],
  ['datasync', requireSync],
]) {
  const genuine = FileHandle[/** @type {string} */ (name)];
  FileHandle[/** @type {string} */ (name)] = async function onBadHost(
    /** @type {unknown[]} */ ...given
  ) {
    /** @type {() => void} */ (require)();
    return genuine.apply(this, given);
  };
}
