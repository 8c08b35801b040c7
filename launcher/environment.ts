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
  const faults = env['SIGNERS'] ? missingCertificates(env['SIGNER_TLS'] || signerTls) : [];
  try {
    parseConfig({ ...GIVEN, PORT: env['PORT'], ...Object.fromEntries(named) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.unshift(...error.faults);
  }
  if (faults.length === 0) return;
  throw new LaunchError(`nothing was started.\n${new ConfigError(faults).message}`);
}

function missingCertificates(folder: string): string[] {
  const missing = CERTIFICATE_FILES.filter((name) => !fs.existsSync(path.join(folder, name)));
  if (missing.length === 0) return [];
  return [
    `SIGNER_TLS: ${folder} has no ${missing.join(', ')}. Name the folder with the worker's ` +
      'certificate for the nodes of SIGNERS.',
  ];
}
