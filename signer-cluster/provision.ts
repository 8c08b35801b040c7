/**
 * Makes a committee on this machine: identities, sealing keys, empty journals, certificates and one
 * `node.json` for each party. On several machines each operator makes one node (`operator/init-node.ts`),
 * and the cards are exchanged.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, utf8 } from '#core/bytes.ts';
import { type Instant, instant } from '#core/time.ts';
import { type Credential, newAuthority } from './certificates.ts';
import { recordText } from './committee-record.ts';
import { committeeOf } from './committee.ts';
import { type NodeSettings, nodeFileText, readConfig } from './config.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import {
  type NodeIdentity,
  encodeIdentity,
  newIdentity,
  newKeyPair,
  secretOf,
} from './identity.ts';
import { newJournal } from './journal.ts';
import { RECORD_FILE } from './proto/record-fields.ts';
import { seal } from './sealing.ts';

export type ProvisionRequest = {
  /** The platform's data directory: `signers/` and `tls/` are made inside. */
  readonly dir: string;
  readonly count: number;
  readonly threshold: number;
  readonly now?: Instant;
};

export type Provisioned = {
  /** `node.json` of each party, in order. */
  readonly configs: readonly string[];
  /** The workers' folder: `ca.pem`, `client.pem`, `client-key.pem`, and the record `committee.json`. */
  readonly tls: string;
};

/** All PEM. */
export type Papers = Credential & { readonly ca: string };

export const CERTIFICATE_DAYS = 3650;
export const FOLDER_MODE = 0o700;
/** Of a local platform, in the workers' folder: 32 bytes in hex. */
const SCREENING_KEY = 'screening-key';
const NODE_FOLDERS = ['identity', 'store', 'store/keys', 'store/pairs', 'journal', 'tls'];

/**
 * Makes the committee, or returns the one that is there. `signers/` appears with one rename at the
 * end, when all of it is on disk: a crash, of the power too, leaves either everything or nothing. A
 * sealing key that were lost would take every share with it.
 */
export async function provisionCommittee(request: ProvisionRequest): Promise<Provisioned> {
  const { dir, count, threshold } = request;
  const signers = join(dir, 'signers');
  const tls = join(dir, 'tls');
  if (!(await exists(signers))) {
    await mkdir(dir, { recursive: true, mode: FOLDER_MODE });
    const unfinished = join(dir, `.signers-${hex(randomBytes(6))}`);
    const identities = Array.from({ length: count }, newIdentity);
    const committee = committeeOf(
      threshold,
      identities.map(({ signing, encryption }, index) => ({
        party: index + 1,
        identity: signing.publicKey,
        encryption: encryption.publicKey,
      })),
    );
    const now = request.now ?? instant(Date.now());
    const papers = { now, days: CERTIFICATE_DAYS };
    const authority = await newAuthority(papers);
    // The provider of a local platform's screenings, for which whoever runs it speaks.
    const screener = newKeyPair('Ed25519');
    const screeners = [screener.publicKey];
    for (const [index, identity] of identities.entries()) {
      const party = index + 1;
      const credential = await authority.issue({ role: 'node', party }, papers);
      const tls = { ca: authority.certificate, ...credential };
      const listen = { host: '127.0.0.1', port: 0 };
      // All nodes are this machine's: whoever made them here makes its organisations here as well.
      const place = { party, committee, listen, dial: [], screeners };
      const settings = { ...place, trust: 'first-use' } as const;
      await makeNode(join(unfinished, `${party}`), settings, identity, tls);
    }
    await rm(tls, { recursive: true, force: true });
    const credential = await authority.issue({ role: 'worker' }, papers);
    await makeClient(tls, { ca: authority.certificate, ...credential });
    const key = utf8(`${hex(secretOf(screener))}\n`);
    await writeDurably(join(tls, SCREENING_KEY), key);
    await syncFolder(tls);
    await syncFolder(unfinished);
    await rename(unfinished, signers);
    await syncFolder(dir);
  }
  const parties = (await readdir(signers)).map(Number).toSorted((a, b) => a - b);
  const configs = parties.map((party) => join(signers, `${party}`, 'node.json'));
  await tellWorkers(tls, configs);
  return { configs, tls };
}

/** Whose words count for wallets' addresses; what lies there already, an operator has put there. */
async function tellWorkers(tls: string, [config]: readonly string[]): Promise<void> {
  const file = join(tls, RECORD_FILE);
  if (config === undefined || (await exists(file))) return;
  const { committee } = await readConfig(config);
  await writeDurably(file, utf8(recordText(committee)));
  await syncFolder(tls);
}

/** A node's folder with everything in it, on the disk when it resolves. */
export async function makeNode(
  folder: string,
  settings: NodeSettings,
  identity: NodeIdentity,
  tls: Papers,
): Promise<void> {
  const { party, committee } = settings;
  for (const name of NODE_FOLDERS) {
    await mkdir(join(folder, name), { recursive: true, mode: FOLDER_MODE });
  }
  const write = (name: string, text: string) => writeDurably(join(folder, name), utf8(text));
  const sealingKey = new Uint8Array(randomBytes(32));
  await write('sealing-key', `${hex(sealingKey)}\n`);
  const place = { committee: committee.hash, party, kind: 'identity', name: 'identity' } as const;
  const sealed = seal(sealingKey, place, encodeIdentity(identity));
  await writeDurably(join(folder, 'identity', 'identity.sealed'), sealed);
  const journal = newJournal({ sealingKey, committee: committee.hash }, party);
  await writeDurably(join(folder, 'journal', 'journal.log'), journal);
  await write('tls/ca.pem', tls.ca);
  await write('tls/cert.pem', tls.certificate);
  await write('tls/key.pem', tls.privateKey);
  await write('node.json', nodeFileText(settings));
  for (const name of [...NODE_FOLDERS, '.']) await syncFolder(join(folder, name));
}

/** The workers' papers. */
export async function makeClient(folder: string, tls: Papers): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await writeDurably(join(folder, 'ca.pem'), utf8(tls.ca));
  await writeDurably(join(folder, 'client.pem'), utf8(tls.certificate));
  await writeDurably(join(folder, 'client-key.pem'), utf8(tls.privateKey));
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
