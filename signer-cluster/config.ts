/** A node's configuration, `node.json`: read once, at start, and refused unless it is exactly right. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { MODES, type Mode } from '#mandate/quorum.ts';
import type { PartyId } from '#signing/kernel.ts';
import { TRUST_MODES, type TrustMode } from './authority.ts';
import { type Committee, aloneOf, committeeOf } from './committee.ts';
import type { PoolLimits } from './presignatures.ts';
import { type SealingSource, parseSealing } from './sealing-key.ts';
import { StartRefused } from './sealing.ts';

/** What one client, or all of them together, may take of a node. */
export type Limits = {
  /** Sessions that run at one time; more are refused. */
  readonly sessions: number;
  /** How long a session may wait for its next frame before it ends, in milliseconds. */
  readonly idleMs: number;
  readonly presignatures: PoolLimits;
};

/** As a listening address, port 0 picks a free one. */
export type Address = { readonly host: string; readonly port: number };

export type NodeConfig = {
  /**
   * What the node was made as, to which all that it stores is bound for ever: a party of a first record, or
   * party 0 of nothing. What it is now, its journal says (`pinned-record.ts`).
   */
  readonly party: PartyId;
  readonly committee: Committee;
  /** Where workers reach it; absent for a node that only dials out. */
  readonly listen?: Address;
  /** The rendezvous of workers that cannot reach it. */
  readonly dial: readonly Address[];
  readonly dataDir: string;
  /** Paths of PEM files. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly sealing: SealingSource;
  readonly limits: Limits;
  /** How many worker threads compute its protocols; with 0 its own thread does. */
  readonly threads: number;
  /** Which nodes must have a payment in writing before this one signs it. */
  readonly mode: Mode;
  /** How it comes to trust an organisation's genesis. */
  readonly trust: TrustMode;
  /** Where the node itself looks up prices: a path or an http(s) URL. */
  readonly prices?: string;
  /** Ed25519 keys of screening providers, 32 bytes each. */
  readonly screeners: readonly Bytes[];
};

export const DEFAULT_LIMITS: Limits = {
  sessions: 256,
  idleMs: 30_000,
  presignatures: { target: 64, batch: 8, total: 8_192, perSecond: 256 },
};

const THREADS_MAX = 64;
/** With more of them a node's own thread, which seals, sends and journals, has no time left for them. */
const THREADS_WORTH = 2;

/**
 * One core is left for the node's own thread. With two cores its peers and the system have the other:
 * a thread there only adds the way to it and back.
 */
export const automaticThreads = (cores: number): number =>
  cores <= 2 ? 0 : Math.min(cores - 1, THREADS_WORTH);

/** `node.json` as it is written. Paths are relative to its folder; any limit may be absent. */
export type NodeFile = {
  /** In the place of party, threshold and committee: a node that was made alone. In hex. */
  readonly node?: { readonly identity: string; readonly encryption: string };
  readonly party?: number;
  readonly threshold?: number;
  /** `host:port`; at least one of the two must be there. */
  readonly listen?: string;
  readonly dial?: readonly string[];
  readonly dataDir: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** 64 hex digits, as a new node has it; `sealing` names another source in its place. */
  readonly sealingKeyFile?: string;
  readonly sealing?: SealingSource;
  readonly committee?: readonly {
    readonly party: number;
    readonly identity: string;
    readonly encryption: string;
  }[];
  readonly limits?: Partial<Omit<Limits, 'presignatures'>> & {
    readonly presignatures?: Partial<PoolLimits>;
  };
  /** Where absent: as many as the machine's cores are good for. */
  readonly threads?: number;
  /** `safety` where absent; the same at all nodes of the committee. */
  readonly mode?: Mode;
  /** `operator` where absent: each genesis is named by `countersign signer trust`. */
  readonly trust?: TrustMode;
  /** A path, from the file's folder, or an http(s) URL; the environment's PRICES comes first. */
  readonly prices?: string;
  /** In hex. */
  readonly screeners?: readonly string[];
};

export type NodeSettings = Pick<NodeConfig, 'party' | 'committee' | 'listen' | 'dial'> & {
  readonly limits?: Limits;
  readonly trust?: TrustMode;
  readonly screeners?: readonly Bytes[];
};

const addressText = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The content of a `node.json` whose node has everything else in the same folder. */
export function nodeFileText(settings: NodeSettings): string {
  const { party, committee, listen, dial, limits, trust, screeners } = settings;
  const file: NodeFile = {
    ...madeAs(party, committee),
    ...(listen === undefined ? {} : { listen: addressText(listen) }),
    ...(dial.length === 0 ? {} : { dial: dial.map(addressText) }),
    dataDir: '.',
    tls: { ca: 'tls/ca.pem', cert: 'tls/cert.pem', key: 'tls/key.pem' },
    sealingKeyFile: 'sealing-key',
    ...(limits === undefined ? {} : { limits }),
    ...(trust === undefined ? {} : { trust }),
    ...(screeners === undefined ? {} : { screeners: screeners.map((key) => hex(key)) }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function madeAs(party: PartyId, { threshold, members }: Committee): Partial<NodeFile> {
  const all = members.map((member) => ({
    party: member.party,
    identity: hex(member.identity),
    encryption: hex(member.encryption),
  }));
  const [first] = all;
  if (party > 0 || first === undefined) return { party, threshold, committee: all };
  return { node: { identity: first.identity, encryption: first.encryption } };
}

const FIELDS = [
  'node',
  'party',
  'threshold',
  'listen',
  'dial',
  'dataDir',
  'tls',
  'sealingKeyFile',
  'sealing',
  'committee',
  'limits',
  'threads',
  'mode',
  'trust',
  'prices',
  'screeners',
];
const ADDRESS = /^([0-9A-Za-z.-]+|\[[0-9a-f:]+\]):(\d{1,5})$/;

/** @throws StartRefused that says which field is wrong. */
export async function readConfig(path: string): Promise<NodeConfig> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new StartRefused(`the configuration ${path} cannot be read`);
  });
  try {
    return configOf(JSON.parse(text) as NodeFile, dirname(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartRefused(`the configuration ${path} is not valid: ${reason}`);
  }
}

function configOf(file: NodeFile, folder: string): NodeConfig {
  const foreign = Object.keys(file).find((name) => !FIELDS.includes(name));
  if (foreign !== undefined) throw new TypeError(`unknown field ${foreign}`);
  const dial = file.dial ?? [];
  if (!Array.isArray(dial)) throw new TypeError('dial must be a list of host:port');
  if (file.listen === undefined && dial.length === 0) {
    throw new TypeError('either listen or dial must say how workers and node meet');
  }
  const at = (value: unknown, field: string): string => resolve(folder, requireText(value, field));
  return {
    ...originOf(file),
    ...(file.listen === undefined ? {} : { listen: parseAddress(file.listen, 'listen') }),
    dial: dial.map((address) => parseAddress(address, 'dial')),
    dataDir: at(file.dataDir, 'dataDir'),
    tls: {
      ca: at(file.tls.ca, 'tls.ca'),
      cert: at(file.tls.cert, 'tls.cert'),
      key: at(file.tls.key, 'tls.key'),
    },
    sealing: sealingOf(file, at),
    limits: limitsOf(file.limits ?? {}),
    threads: threadsOf(file.threads ?? automaticThreads(availableParallelism())),
    mode: modeOf(file.mode ?? 'safety'),
    trust: trustOf(file.trust ?? 'operator'),
    ...(file.prices === undefined ? {} : { prices: pricesOf(file.prices, at) }),
    screeners: screenersOf(file.screeners ?? []),
  };
}

const keysOf = (one: { readonly identity: string; readonly encryption: string }) => ({
  identity: parseHex(one.identity, 'identity'),
  encryption: parseHex(one.encryption, 'encryption'),
});

/** @throws TypeError */
function originOf(file: NodeFile): Pick<NodeConfig, 'party' | 'committee'> {
  const { node, party, threshold, committee: list } = file;
  if (node !== undefined) {
    const others = [party, threshold, list].filter((field) => field !== undefined);
    if (others.length > 0) throw new TypeError('either node or a committee must say what it is');
    return { party: 0, committee: aloneOf(keysOf(node)) };
  }
  if (party === undefined || threshold === undefined || list === undefined) {
    throw new TypeError('party, threshold and committee must say what it is');
  }
  const members = list.map((one) => ({ party: one.party, ...keysOf(one) }));
  const committee = committeeOf(threshold, members);
  if (!members.some((one) => one.party === party)) {
    throw new TypeError('party must be a member of the committee');
  }
  return { party, committee };
}

const pricesOf = (source: string, at: (value: string, field: string) => string): string =>
  /^https?:\/\//.test(source) ? source : at(source, 'prices');

function screenersOf(keys: readonly string[]): readonly Bytes[] {
  const found = keys.map((key) => parseHex(key, 'screeners'));
  if (found.every((key) => key.length === 32)) return found;
  throw new TypeError('screeners must be Ed25519 public keys, 32 bytes each');
}

function trustOf(value: unknown): TrustMode {
  const mode = TRUST_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new TypeError(`trust must be one of ${TRUST_MODES.join(', ')}`);
}

function modeOf(value: unknown): Mode {
  const mode = MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new TypeError(`mode must be one of ${MODES.join(', ')}`);
}

function sealingOf(
  { sealing, sealingKeyFile }: NodeFile,
  at: (path: unknown, field: string) => string,
): SealingSource {
  if ((sealing === undefined) === (sealingKeyFile === undefined)) {
    throw new TypeError('either sealingKeyFile or sealing must say where the sealing key is');
  }
  return sealing === undefined
    ? { from: 'file', path: at(sealingKeyFile, 'sealingKeyFile') }
    : parseSealing(sealing, at);
}

/** `host:port`. @throws TypeError */
export function parseAddress(value: unknown, field: string): Address {
  const [, host, port] = ADDRESS.exec(requireText(value, field)) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new TypeError(`${field} must be host:port`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function threadsOf(value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= THREADS_MAX) {
    return Number(value);
  }
  throw new TypeError(`threads must be a whole number from 0 to ${THREADS_MAX}`);
}

/** The ids of a whole pool go into one envelope when its signers compare what they hold. */
const TARGET_MAX = 2_000;

function limitsOf({ presignatures = {}, ...own }: NonNullable<NodeFile['limits']>): Limits {
  const { presignatures: defaults, ...rest } = DEFAULT_LIMITS;
  const pools = within(defaults, presignatures);
  if (pools.target > TARGET_MAX) {
    throw new TypeError(`presignatures.target must be at most ${TARGET_MAX}`);
  }
  // A request costs one more than it asks for, and no more than a second's worth is ever allowed.
  if (pools.batch >= pools.perSecond) {
    throw new TypeError('presignatures.batch must be below presignatures.perSecond');
  }
  return { ...within(rest, own), presignatures: pools };
}

/** The defaults with what is set, each a whole number above 0. */
function within<L extends Readonly<Record<string, number>>>(defaults: L, set: Partial<L>): L {
  for (const [name, limit] of Object.entries(set)) {
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`unknown limit ${name}`);
    if (!Number.isSafeInteger(limit) || Number(limit) < 1) {
      throw new TypeError('limits must be above 0');
    }
  }
  return { ...defaults, ...set };
}

function requireText(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${field} must be a text`);
}
