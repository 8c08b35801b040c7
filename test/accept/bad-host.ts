/** Hosts that turn bad while a program runs on them: a wrong time of day, a disk that takes nothing. */
import fs from 'node:fs';
import path from 'node:path';
import type { ChildPlan } from '#launcher/child.ts';
import { signerCommand } from '#launcher/programs.ts';

/** Loaded into the program by Node's `--import`. */
const BAD_HOST = path.join(import.meta.dirname, 'bad-host.mjs');

export type Host = {
  /** What the time of day is wrong by, in milliseconds. */
  readonly clockMs: number;
  /** Whether a write finds no space, or nothing that is written reaches the disk. */
  readonly disk: 'sound' | 'full' | 'no-sync';
};

const SOUND: Host = { clockMs: 0, disk: 'sound' };

/** The file in which a program's host is described. */
export const hostFile = (folder: string, name: string): string => path.join(folder, `${name}.json`);

/** What is not named is sound. The program sees it within a moment. */
export function turn(folder: string, name: string, host: Partial<Host>): void {
  const file = hostFile(folder, name);
  fs.writeFileSync(`${file}.new`, JSON.stringify({ ...SOUND, ...host }));
  fs.renameSync(`${file}.new`, file);
}

/** The command line of a signer node on such a host. */
export const onBadHost = (bundle: string): Pick<ChildPlan, 'command' | 'args'> =>
  signerCommand(bundle, ['--import', BAD_HOST]);

/** The same for the gateway and the worker, as a variable of their environment. */
export const BAD_HOST_OPTIONS = `--import=${BAD_HOST}`;
