/**
 * The local EVM chain: anvil with its state in a file that survives a restart. Anvil rewrites that
 * file every second in place, so that a crash can leave half of it; a whole copy is kept beside it.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { type ChildPlan } from './child.ts';
import { writeWhole } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';

export const LOCAL_CHAIN_ID = 31_337;

const COPY_INTERVAL_MS = 5_000;
const PACKAGE_ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The program itself: the package's own starter would be one process more.
 * @throws LaunchError where npm carries none for this platform
 */
export function locateAnvil(): string {
  const architecture = PACKAGE_ARCHITECTURE[process.arch] ?? process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
  try {
    const { resolve } = createRequire(import.meta.url);
    const siblings = createRequire(resolve('@foundry-rs/anvil/package.json'));
    return path.join(path.dirname(siblings.resolve(`${name}/package.json`)), 'bin', 'anvil');
  } catch (cause) {
    throw new LaunchError(
      `there is no anvil for this platform (${name}); set RPC_LOCAL_EVM to an EVM node with chain id ${LOCAL_CHAIN_ID}`,
      { cause },
    );
  }
}

export function anvilPlan(options: {
  readonly port: number;
  readonly stateFile: string;
  readonly logFile: string;
}): ChildPlan {
  const { port, stateFile, logFile } = options;
  const network = ['--host', '127.0.0.1', '--port', `${port}`, '--chain-id', `${LOCAL_CHAIN_ID}`];
  return {
    name: 'anvil',
    command: locateAnvil(),
    args: [...network, '--state', stateFile, '--state-interval', '1', '--silent'],
    env: {},
    cwd: path.dirname(stateFile),
    endsWithParent: 'by-guard',
    ready: { probe: () => answers(`http://127.0.0.1:${port}`) },
    readyTimeoutMs: 30_000,
    // Anvil writes its state before it ends.
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    logFile,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const request = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return response.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** What became of the stored chain; a person must read anything but `kept` and `new`. */
export type StoredChain =
  | { readonly outcome: 'new' | 'kept' }
  | { readonly outcome: 'restored' | 'lost'; readonly unreadable: string; readonly copy?: Date };

/**
 * Looks at the chain's file before anvil does, which would refuse to start with half of it. An
 * unreadable file is put aside, never deleted, and the copy takes its place where there is one.
 */
export function openStoredChain(stateFile: string): StoredChain {
  if (!fs.existsSync(stateFile)) return { outcome: 'new' };
  if (isWholeState(fs.readFileSync(stateFile, 'utf8'))) return { outcome: 'kept' };
  const unreadable = `${stateFile}.unreadable-${fs.statSync(stateFile).mtime.toISOString()}`;
  fs.renameSync(stateFile, unreadable);
  const copy = copyOf(stateFile);
  if (!fs.existsSync(copy)) return { outcome: 'lost', unreadable };
  fs.copyFileSync(copy, stateFile);
  return { outcome: 'restored', unreadable, copy: fs.statSync(copy).mtime };
}

const copyOf = (stateFile: string): string => `${stateFile}.copy`;

function isWholeState(text: string): boolean {
  try {
    const state = JSON.parse(text) as { block?: unknown } | null;
    return typeof state === 'object' && state !== null && state.block !== undefined;
  } catch {
    // The question is answered: it is cut short.
    return false;
  }
}

/**
 * Copies the chain's file every few seconds, when it has changed and is whole.
 * @returns stops it
 */
export function keepCopy(stateFile: string): () => void {
  let last = '';
  const timer = setInterval(() => {
    if (!fs.existsSync(stateFile)) return;
    const text = fs.readFileSync(stateFile, 'utf8');
    if (text === last || !isWholeState(text)) return;
    writeWhole(copyOf(stateFile), text);
    last = text;
  }, COPY_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One sentence for a person, or undefined where nothing is amiss. */
export function describeStoredChain(stored: StoredChain): string | undefined {
  switch (stored.outcome) {
    case 'restored':
      return (
        `the stored local chain was cut short and is put aside as ${stored.unreadable}; the chain ` +
        `goes on from its copy of ${stored.copy?.toISOString()}. What came later is lost on it.`
      );
    case 'lost':
      return (
        `the stored local chain cannot be read and is put aside as ${stored.unreadable}; a new ` +
        'chain begins. Transfers of the old one stay as they were recorded.'
      );
    default:
      return undefined;
  }
}
