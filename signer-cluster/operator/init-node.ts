/**
 * Makes one node on its own machine: identity, sealing key, an empty journal and certificates of an
 * authority of its own. It belongs to no committee yet; its join card says who it is.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hex, utf8 } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import { newAuthority } from '#signer-cluster/certificates.ts';
import { aloneOf } from '#signer-cluster/committee.ts';
import { type Address, parseAddress } from '#signer-cluster/config.ts';
import { syncFolder, writeDurably } from '#signer-cluster/durable-file.ts';
import { newIdentity } from '#signer-cluster/identity.ts';
import { cardText } from '#signer-cluster/join-card.ts';
import { CERTIFICATE_DAYS, FOLDER_MODE, makeClient, makeNode } from '#signer-cluster/provision.ts';
import { nodeNameOf } from '#signer-cluster/proto/service.ts';
import { type NewSource, sealNode } from './seal-node.ts';

export { parseAddress, type Address };

export type InitRequest = {
  /** Where the node is to be; nothing is there yet, or an empty folder. */
  readonly folder: string;
  /** How workers reach it, as its card says: `host:port` or `dial-in`. */
  readonly address: string;
  readonly listen?: Address;
  readonly dial: readonly Address[];
  /** PEM of the authority of the workers' certificates. */
  readonly workersCa: string;
  /** Where the sealing key comes from, if not from a file beside the shares. */
  readonly sealing?: NewSource;
  readonly now: Instant;
};

/** In the node's folder, for its operator to give away. */
export const CARD_FILE = 'join-card.json';

/**
 * The node appears with one rename, when all of it is on the disk.
 * @returns its card
 * @throws INVALID_INPUT when something is there already, or the sealing key's source does not work
 */
export async function initNode(request: InitRequest): Promise<string> {
  const { folder, address, listen, dial, workersCa, sealing, now } = request;
  await requireNothing(folder);
  const unfinished = unfinishedBeside(folder);
  await mkdir(dirname(folder), { recursive: true, mode: FOLDER_MODE });
  try {
    const identity = newIdentity();
    const { signing, encryption } = identity;
    const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
    const validity = { now, days: CERTIFICATE_DAYS };
    const authority = await newAuthority(validity);
    const subject = { role: 'node', name: nodeNameOf(keys.identity) } as const;
    const credential = await authority.issue(subject, validity);
    const settings = {
      party: 0,
      committee: aloneOf(keys),
      ...(listen === undefined ? {} : { listen }),
      dial,
    };
    await makeNode(unfinished, settings, identity, { ...credential, ca: workersCa });
    const card = cardText(identity, { address, ca: authority.certificate });
    await writeDurably(join(unfinished, CARD_FILE), utf8(card));
    if (sealing !== undefined) await sealNode(unfinished, sealing);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    await syncFolder(dirname(folder));
    return card;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The papers with which workers reach nodes: an authority of their own and one client certificate. Its
 * private key is dropped: whoever needs another certificate makes both anew.
 * @throws INVALID_INPUT when something is there already
 */
export async function initWorkers(folder: string, now: Instant): Promise<void> {
  await requireNothing(folder);
  const validity = { now, days: CERTIFICATE_DAYS };
  const authority = await newAuthority(validity);
  const credential = await authority.issue({ role: 'worker' }, validity);
  const unfinished = unfinishedBeside(folder);
  await makeClient(unfinished, { ...credential, ca: authority.certificate });
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  await syncFolder(dirname(folder));
}

const unfinishedBeside = (folder: string): string =>
  join(dirname(folder), `.${basename(folder)}-${hex(randomBytes(6))}`);

async function requireNothing(folder: string): Promise<void> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw invalidInput('folder', `${folder} cannot be read (${error.code})`, 'Name another one.');
  });
  if (present.length === 0) return;
  throw invalidInput(
    'folder',
    'something is there, and a node is never replaced',
    'Name a new one.',
  );
}

/** @throws INVALID_INPUT when the file cannot be read as a certificate */
export async function readCertificate(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text.includes('BEGIN CERTIFICATE')) return text;
  throw invalidInput(
    'workers-ca',
    `${path} holds no certificate`,
    'Name the ca.pem of the workers.',
  );
}
