/**
 * Loaded into a signer node before its program: kills the process right before or right after one of
 * the moments at which it waits for the disk. The file that DIE_AT_SYNC names says which, as `before 3`
 * or `after 3`; the count begins anew whenever the file's text changes.
 */
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import process from 'node:process';

const control = process.env['DIE_AT_SYNC'] ?? '';
let order = '';
let count = 0;

function readOrder() {
  try {
    return readFileSync(control, 'utf8').trim();
  } catch {
    // No order yet: the test has not written the file.
    return '';
  }
}

/** @param {string} when */
const isDue = (when) => order === `${when} ${count}`;

const die = () => process.kill(process.pid, 'SIGKILL');

const probe = await open(import.meta.filename);
const FileHandle = Object.getPrototypeOf(probe);
await probe.close();

for (const name of ['sync', 'datasync']) {
  const sync = FileHandle[name];
  FileHandle[name] = async function dyingSync() {
    const text = readOrder();
    count = text === order ? count + 1 : 1;
    order = text;
    const mine = count;
    if (isDue('before')) die();
    await sync.call(this);
    if (order === `after ${mine}`) die();
  };
}
