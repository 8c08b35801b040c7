/** A copy of the checkout into which a bug may be planted, and from which it is taken out again. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '#test/run-tests.ts';

export const CHECKOUT = path.resolve(import.meta.dirname, '..', '..');

export const patchOf = (name: string): string => path.join(import.meta.dirname, `${name}.patch`);

export type CheckoutCopy = {
  plant(name: string): void;
  takeOut(name: string): void;
  /** Runs a test file. @returns the full names of the tests that failed, and how many there are */
  failuresOf(
    testFile: string,
  ): Promise<{ readonly failed: readonly string[]; readonly tests: number }>;
  remove(): void;
};

const apply = (cwd: string, ...args: readonly string[]): void =>
  void execFileSync('git', ['apply', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });

/** @throws where the patch of that name does not fit the checkout any more */
export const requireApplies = (name: string): void => apply(CHECKOUT, '--check', patchOf(name));

/** A link to the folder would not do: what is in a signer's bundle must lie below its checkout. */
function copyPackages(folder: string): void {
  const packages = [path.join(CHECKOUT, 'node_modules'), path.join(folder, 'node_modules')];
  try {
    execFileSync('cp', ['-al', ...packages], { stdio: 'ignore' });
  } catch {
    // Files on another disk cannot be linked, only copied; what was begun is begun again.
    fs.rmSync(path.join(folder, 'node_modules'), { recursive: true, force: true });
    execFileSync('cp', ['-a', ...packages], { stdio: 'ignore' });
  }
}

export function copyCheckout(): CheckoutCopy {
  // Its real path: Node and the bundler name every file by that.
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-planted-')));
  // Signer nodes run as users of their own, and must be able to enter.
  fs.chmodSync(folder, 0o755);
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const listed = execFileSync('git', list, { cwd: CHECKOUT, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const from = path.join(CHECKOUT, file);
    if (!fs.existsSync(from)) continue;
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.copyFileSync(from, path.join(folder, file));
  }
  copyPackages(folder);
  return {
    plant: (name) => apply(folder, patchOf(name)),
    takeOut: (name) => apply(folder, '-R', patchOf(name)),
    async failuresOf(testFile) {
      const { failed, tests, broken } = await runTests(folder, [testFile]);
      if (broken !== undefined && failed.length === 0) {
        // Nothing was judged: a set-up that fails says nothing about the bug.
        throw new Error(`${testFile} could not be run: ${broken}`);
      }
      return { failed, tests };
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
