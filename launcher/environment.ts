/**
 * What the environment says is looked at before anything is started, and everything that is wrong is
 * told together.
 */
import fs from 'node:fs';
import path from 'node:path';

import { LaunchError } from './launch-error.ts';

/** What the launcher itself gives its programs where the environment does not name it. */
const GIVEN = {
  DATABASE_URL: 'postgresql://127.0.0.1/countersign',
  PUBLIC_ORIGIN: 'http://localhost:4000',
  SIGNERS: '1=127.0.0.1:7001',
  SIGNER_TLS: 'tls',
  PRICES: 'prices.json',
};

/** What the launcher hands on as it stands. */
const FOR_SERVICES = [
  'CONSOLE_ORIGIN',
  'SOCKETS_PER_ADDRESS',
  'CEREMONIES_PER_ADDRESS',
  'SCREENING',
  'SCREENING_TOKEN',
  'SCREENING_KEY',
];

const FOR_WORKER = ['SIGNER_RENDEZVOUS'];

const CERTIFICATE_FILES = ['ca.pem', 'client.pem', 'client-key.pem'];

const isChecked = (name: string): boolean =>
  name in GIVEN || FOR_WORKER.includes(name) || name === 'LOG_LEVEL' || isForServices(name);

/** Variables that the gateway and the worker understand, and that are theirs alone. */
export const isForServices = (name: string): boolean =>
  name.startsWith('RPC_') || FOR_SERVICES.includes(name);

/**
 * @param signerTls the folder of the workers' certificate where `SIGNERS` is set without `SIGNER_TLS`
 * @throws LaunchError with a line for each fault
 */
export async function requireSoundEnvironment(
  env: NodeJS.ProcessEnv,
  signerTls: string,
): Promise<void> {
  const named = Object.entries(env).filter(([name, value]) => value && isChecked(name));
  // Most starts name nothing, or a port, and are not kept waiting for the parser.
  if (named.length === 0) return;
  const { ConfigError, parseConfig } = await import('#gateway/config.ts');
  const faults = env['SIGNERS'] ? await faultsOfSigners(env, env['SIGNER_TLS'] || signerTls) : [];
  try {
    parseConfig({ ...GIVEN, PORT: env['PORT'], ...Object.fromEntries(named) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.unshift(...error.faults);
  }
  if (faults.length === 0) return;
  throw new LaunchError(`nothing was started.\n${new ConfigError(faults).message}`);
}

async function faultsOfSigners(env: NodeJS.ProcessEnv, folder: string): Promise<string[]> {
  const faults = missingIn(folder, CERTIFICATE_FILES);
  return env['SIGNERS'] === 'record' && faults.length === 0 ? faultsOfRecord(env, folder) : faults;
}

function missingIn(folder: string, files: readonly string[]): string[] {
  const missing = files.filter((name) => !fs.existsSync(path.join(folder, name)));
  if (missing.length === 0) return [];
  return [
    `SIGNER_TLS: ${folder} has no ${missing.join(', ')}. Name the folder with the worker's ` +
      'certificate for the nodes of SIGNERS.',
  ];
}

/** Few starts name a record: the others do not wait for what reads one. */
async function faultsOfRecord(env: NodeJS.ProcessEnv, folder: string): Promise<string[]> {
  const { RECORD_FILE, placesIn } = await import('#signer-cluster/proto/record-fields.ts');
  const { DIAL_IN } = await import('#cluster-client/links.ts');
  const missing = missingIn(folder, [RECORD_FILE]);
  if (missing.length > 0) return missing;
  const file = path.join(folder, RECORD_FILE);
  try {
    const places = placesIn(fs.readFileSync(file, 'utf8'));
    const isMet = places.every(({ address }) => address !== DIAL_IN) || env['SIGNER_RENDEZVOUS'];
    if (isMet) return [];
    const reason = 'not set, and nodes of the record dial in. Name the address to listen on';
    return [`SIGNER_RENDEZVOUS: ${reason}, like 0.0.0.0:7443.`];
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    return [`SIGNER_TLS: ${file} is no record. Take the file that the operators have pinned.`];
  }
}
