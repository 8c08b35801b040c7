/**
 * The same decisions on two versions of Node. The older one is fetched from the registry into a
 * folder of its own beside the installed packages; it is no dependency, and nothing else uses it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Soak } from './soak.ts';

const OTHER_VERSION = '22.23.3';
const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'node_modules', '.cache', `node-${OTHER_VERSION}`);
/** Cases of one hash. */
const BLOCK = 20;

export const twoNodesSoak: Soak = {
  id: 'two-nodes',
  claim: `decisions and traces are the same bytes on Node ${OTHER_VERSION} and on this one`,
  runs: { short: 0, full: 2_000 },
  async check({ seed, runs, tell }) {
    const own = hashesOn(process.execPath, seed, runs);
    const other = hashesOn(otherNode(), seed, runs);
    const versions = [await own.next(), await other.next()].map(({ value }) => value as string);
    if (versions[1] !== `v${OTHER_VERSION}`) return `not the other Node: ${versions.join(', ')}`;
    for (let done = 0; done < runs; done += BLOCK) {
      const [left, right] = await Promise.all([own.next(), other.next()]);
      if (left.done === true || right.done === true) return 'one of the two ended early';
      if (left.value !== right.value) {
        await Promise.all([own.return(undefined), other.return(undefined)]);
        const block = seed + done;
        return `other bytes: node test/policy-soak/block-hashes.ts ${block} ${BLOCK} 1`;
      }
      tell?.(done + BLOCK);
    }
    await Promise.all([own.return(undefined), other.return(undefined)]);
    return undefined;
  },
};

/** The path of the other Node's program, which is fetched where it is not there yet. */
function otherNode(): string {
  const program = join(FOLDER, 'package', 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(FOLDER, { recursive: true });
  const name = `node-${process.platform}-${process.arch}@${OTHER_VERSION}`;
  console.error(`policy-soak: fetching ${name}`);
  run('npm', ['pack', name, '--pack-destination', FOLDER, '--silent']);
  run('tar', [
    '-xzf',
    join(FOLDER, `node-${process.platform}-${process.arch}-${OTHER_VERSION}.tgz`),
    '-C',
    FOLDER,
  ]);
  return program;
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd: FOLDER, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}

/** The lines of block-hashes.ts; leaving it ends the program. */
async function* hashesOn(node: string, seed: number, runs: number): AsyncGenerator<string> {
  const loader = pathToFileURL(join(ROOT, 'launcher', 'typescript.mjs')).href;
  const file = join(import.meta.dirname, 'block-hashes.ts');
  const args = ['--import', loader, file, ...[seed, runs, BLOCK].map(String)];
  const child = spawn(node, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    yield* createInterface({ input: child.stdout });
  } finally {
    child.kill();
  }
}
