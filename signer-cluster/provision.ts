/**
 * Makes a committee on this machine: identities, sealing keys, empty journals, certificates and one
 * `node.json` for each party. On several machines each party makes its own identity and the public
 * halves are exchanged; the files are the same.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '#core/bytes.ts';
import { type Instant, instant } from '#core/time.ts';
import { type Authority, newAuthority } from './certificates.ts';
import { type Committee, committeeOf } from './committee.ts';
import type { NodeFile } from './config.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { type NodeIdentity, encodeIdentity, newIdentity } from './identity.ts';
import { newJournal } from './journal.ts';
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
  /** The workers' folder: `ca.pem`, `client.pem`, `client-key.pem`. */
  readonly tls: string;
};

const CERTIFICATE_DAYS = 3650;
const FOLDER_MODE = 0o700;

/**
 * Makes the committee, or returns the one that is there. `signers/` appears with one rename at the
 * end, so a crash leaves either everything or nothing.
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
    const authority = await newAuthority(request.now ?? instant(Date.now()), CERTIFICATE_DAYS);
    for (const [index, identity] of identities.entries()) {
      await makeNode(join(unfinished, `${index + 1}`), index + 1, identity, committee, authority);
    }
    await rm(tls, { recursive: true, force: true });
    await makeClient(tls, authority);
    await rename(unfinished, signers);
    await syncFolder(dir);
  }
  const parties = (await readdir(signers)).map(Number).toSorted((a, b) => a - b);
  return { configs: parties.map((party) => join(signers, `${party}`, 'node.json')), tls };
}

async function makeNode(
  folder: string,
  party: number,
  identity: NodeIdentity,
  committee: Committee,
  authority: Authority,
): Promise<void> {
  for (const name of ['identity', 'store/keys', 'store/pairs', 'journal', 'tls']) {
    await mkdir(join(folder, name), { recursive: true, mode: FOLDER_MODE });
  }
  const sealingKey = new Uint8Array(randomBytes(32));
  await writeFile(join(folder, 'sealing-key'), `${hex(sealingKey)}\n`, { mode: 0o600 });
  const place = { committee: committee.hash, party, kind: 'identity', name: 'identity' } as const;
  const sealed = seal(sealingKey, place, encodeIdentity(identity));
  await writeDurably(join(folder, 'identity', 'identity.sealed'), sealed);
  const journal = newJournal({ sealingKey, committee: committee.hash }, party);
  await writeDurably(join(folder, 'journal', 'journal.log'), journal);
  const { certificate, privateKey } = await authority.issue({ role: 'node', party });
  await writeFile(join(folder, 'tls', 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'tls', 'cert.pem'), certificate);
  await writeFile(join(folder, 'tls', 'key.pem'), privateKey, { mode: 0o600 });
  const file: NodeFile = {
    party,
    threshold: committee.threshold,
    listen: '127.0.0.1:0',
    dataDir: '.',
    tls: { ca: 'tls/ca.pem', cert: 'tls/cert.pem', key: 'tls/key.pem' },
    sealingKeyFile: 'sealing-key',
    committee: committee.members.map((member) => ({
      party: member.party,
      identity: hex(member.identity),
      encryption: hex(member.encryption),
    })),
  };
  await writeFile(join(folder, 'node.json'), `${JSON.stringify(file, null, 2)}\n`);
}

async function makeClient(folder: string, authority: Authority): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const { certificate, privateKey } = await authority.issue({ role: 'worker' });
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'client.pem'), certificate);
  await writeFile(join(folder, 'client-key.pem'), privateKey, { mode: 0o600 });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
