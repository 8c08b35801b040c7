/**
 * The configuration of the gateway and the worker, read once from the environment. Everything that
 * is wrong is reported together, so that one start shows all of it.
 */
import { invalidInput, isPlatformError } from '#core/errors.ts';
import type { NetworkId } from '#core/money.ts';
import { NETWORKS } from '#chains/registry.ts';
import { endpointsIn } from '#chains/wire.ts';
import { DIAL_IN } from '#cluster-client/links.ts';
import { relyingPartyOf } from '#mandate/assertion.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Config = {
  /** 0 picks a free one. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** Where people sign: the WebAuthn origin; its host is the rpID. */
  readonly publicOrigin: string;
  /** A separate page for signing, where there is one. */
  readonly consoleOrigin?: string;
  /** The address of each signer node, or `dial-in`, by its party number; none where a record says them. */
  readonly signers: ReadonlyMap<number, string>;
  /** The folder with `ca.pem`, `client.pem` and `client-key.pem`. */
  readonly signerTls: string;
  /** Where signer nodes dial in that nobody can reach. */
  readonly signerRendezvous?: { readonly host: string; readonly port: number };
  /** The endpoint of each network that is in use. */
  readonly rpc: ReadonlyMap<NetworkId, string>;
  /** A file's path or an http(s) URL. */
  readonly prices: string;
  /** Who screens addresses, where somebody does. */
  readonly screening?: {
    /** A file's path or an http(s) URL. */
    readonly source: string;
    readonly token?: string;
    /** A file with the key that a file's answers are signed with. */
    readonly keyFile?: string;
  };
  /** Sockets that one remote address may have open. Behind a proxy everybody has the same one. */
  readonly socketsPerAddressMax?: number;
  /** Sign-ins and registrations that one remote address may begin or complete at one moment. */
  readonly ceremoniesPerAddress?: number;
  readonly logLevel: LogLevel;
  /** End when standard input closes, as it does when the parent is gone. */
  readonly exitWithParent: boolean;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every fault of the environment, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration has errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

const RPC_PREFIX = 'RPC_';
const PORT_MAX = 65_535;
const ADDRESS = /^([^\s:,=]+):(\d{1,5})$/;

/** `local-evm` -> `RPC_LOCAL_EVM`. */
export const rpcVariable = (network: NetworkId): string =>
  RPC_PREFIX + network.toUpperCase().replaceAll('-', '_');

/** @throws ConfigError with everything that is missing or wrong */
export function parseConfig(env: Environment): Config {
  const faults: string[] = [];
  const read = <T>(name: string, parse: (text: string) => T, fallback?: string): T => {
    try {
      const text = env[name] || fallback;
      if (text === undefined) throw invalidInput(name, 'not set', 'Set it.');
      return parse(text);
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      faults.push(`${name}: ${String(error.context['reason'])}. ${String(error.context['hint'])}`);
      return undefined as T;
    }
  };
  const config: Config = {
    port: read('PORT', parsePort, '4000'),
    databaseUrl: read('DATABASE_URL', parseDatabaseUrl),
    dataDir: read('DATA_DIR', asText, './.data'),
    publicOrigin: read('PUBLIC_ORIGIN', parseOrigin),
    ...(env['CONSOLE_ORIGIN'] ? { consoleOrigin: read('CONSOLE_ORIGIN', parseOrigin) } : {}),
    signers: read('SIGNERS', parseSigners),
    signerTls: read('SIGNER_TLS', asText),
    ...(env['SIGNER_RENDEZVOUS']
      ? { signerRendezvous: read('SIGNER_RENDEZVOUS', parseListening) }
      : {}),
    rpc: readEndpoints(env, faults),
    prices: read('PRICES', asText),
    ...(env['SCREENING']
      ? {
          screening: {
            source: env['SCREENING'],
            ...(env['SCREENING_TOKEN'] ? { token: read('SCREENING_TOKEN', parseToken) } : {}),
            ...(env['SCREENING_KEY'] ? { keyFile: read('SCREENING_KEY', asText) } : {}),
          },
        }
      : {}),
    ...(env['SOCKETS_PER_ADDRESS']
      ? { socketsPerAddressMax: read('SOCKETS_PER_ADDRESS', parseCount) }
      : {}),
    ...(env['CEREMONIES_PER_ADDRESS']
      ? { ceremoniesPerAddress: read('CEREMONIES_PER_ADDRESS', parseCount) }
      : {}),
    logLevel: read('LOG_LEVEL', parseLogLevel, 'info'),
    exitWithParent: env['EXIT_WITH_PARENT'] === '1',
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

const asText = (text: string): string => text;

/** What a header can carry. */
function parseToken(text: string): string {
  if (/^[!-~]{1,4096}$/.test(text)) return text;
  throw invalidInput('', 'not a token', 'Write printable ASCII characters without spaces.');
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= PORT_MAX) return port;
  throw invalidInput('PORT', 'not a port', 'Write a number from 0 to 65535; 0 picks a free port.');
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw invalidInput('', 'not a count', 'Write a number from 1 to 999999.');
}

function parseDatabaseUrl(text: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === 'postgres:' || protocol === 'postgresql:') return text;
  const hint = 'Write it like postgres://user:password@host:5432/database.';
  throw invalidInput('DATABASE_URL', 'not the URL of a PostgreSQL database', hint);
}

const parseOrigin = (text: string): string => relyingPartyOf(text).origin;

/** In the place of addresses: the committee's record says them. */
const BY_RECORD = 'record';

function parseSigners(text: string): ReadonlyMap<number, string> {
  const signers = new Map<number, string>();
  if (text === BY_RECORD) return signers;
  for (const entry of text.split(',')) {
    const [party = '', address = '', ...more] = entry.trim().split('=');
    const isAddress = ADDRESS.test(address) || address === DIAL_IN;
    const isValid = /^[1-9]\d{0,2}$/.test(party) && isAddress && more.length === 0;
    if (!isValid || signers.has(Number(party))) {
      const hint = `Write it like 1=127.0.0.1:7001,2=127.0.0.1:7002,3=${DIAL_IN}, or ${BY_RECORD}.`;
      throw invalidInput('SIGNERS', `"${entry.trim()}" is not a party and its address`, hint);
    }
    signers.set(Number(party), address);
  }
  return signers;
}

function parseListening(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = ADDRESS.exec(text) ?? [];
  if (host !== undefined && Number(port) <= PORT_MAX) return { host, port: Number(port) };
  const hint = 'Write the address to listen on, like 0.0.0.0:7443.';
  throw invalidInput('SIGNER_RENDEZVOUS', 'not an address with a port', hint);
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw invalidInput('LOG_LEVEL', 'not a level', `Use one of ${LOG_LEVELS.join(', ')}.`);
}

function readEndpoints(env: Environment, faults: string[]): ReadonlyMap<NetworkId, string> {
  const networks = new Map(NETWORKS.map((network) => [rpcVariable(network.id), network.id]));
  const endpoints = new Map<NetworkId, string>();
  for (const [name, url = ''] of Object.entries(env)) {
    if (!name.startsWith(RPC_PREFIX) || url === '') continue;
    const network = networks.get(name);
    if (network === undefined) {
      faults.push(`${name}: there is no such network. Known: ${[...networks.keys()].join(', ')}.`);
    } else if (!endpointsIn(url).every(isHttp)) {
      faults.push(`${name}: not an http(s) URL. Write it like http://127.0.0.1:8545.`);
    } else {
      endpoints.set(network, url);
    }
  }
  return endpoints;
}

const isHttp = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '');
