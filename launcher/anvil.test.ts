import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test, vi } from 'vitest';

import { anvilPlan, describeStoredChain, keepCopy, openStoredChain } from './anvil.ts';
import { startChild } from './child.ts';
import { freePort } from './ports.ts';

async function startChain(stateFile: string) {
  const port = await freePort();
  const child = await startChild(anvilPlan({ port, stateFile, logFile: `${stateFile}.log` }));
  onTestFinished(() => child.kill());
  const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return ((await response.json()) as { result: unknown }).result;
  };
  return { child, ask };
}

const hashOf = (block: unknown): string => (block as { hash: string }).hash;

/** A chain with one block after the first, its hash, and the folder that keeps it. */
async function makeChain() {
  const stateFile = path.join(temporaryFolder(), 'local-evm.json');
  const { child, ask } = await startChain(stateFile);
  await ask('evm_mine');
  return { stateFile, child, hash: hashOf(await ask('eth_getBlockByNumber', '0x1', false)) };
}

const isStored = (stateFile: string): boolean =>
  fs.existsSync(stateFile) && fs.readFileSync(stateFile, 'utf8').includes('"best_block_number":1');

test('the blocks survive an orderly stop', async () => {
  const { stateFile, child, hash } = await makeChain();
  await child.stop();
  expect(openStoredChain(stateFile)).toEqual({ outcome: 'kept' });
  const again = await startChain(stateFile);
  expect(hashOf(await again.ask('eth_getBlockByNumber', '0x1', false))).toBe(hash);
  await again.child.stop();
});

test('the blocks survive kill -9 once they are written', async () => {
  const { stateFile, child, hash } = await makeChain();
  await expect.poll(() => isStored(stateFile)).toBe(true);
  child.kill();
  await child.exited;
  const again = await startChain(stateFile);
  expect(hashOf(await again.ask('eth_getBlockByNumber', '0x1', false))).toBe(hash);
  await again.child.stop();
});

test('a new chain needs no words', () => {
  const stored = openStoredChain(path.join(temporaryFolder(), 'local-evm.json'));
  expect(stored).toEqual({ outcome: 'new' });
  expect(describeStoredChain(stored)).toBeUndefined();
});

const WHOLE = JSON.stringify({ block: { number: '0x2' }, accounts: {} });

test.each(['', WHOLE.slice(0, -5), 'null', '[]'])(
  'a stored chain that reads %j is put aside, reported, and replaced by its copy',
  (content) => {
    const stateFile = path.join(temporaryFolder(), 'local-evm.json');
    fs.writeFileSync(stateFile, content);
    fs.writeFileSync(`${stateFile}.copy`, WHOLE);
    const stored = openStoredChain(stateFile);
    if (stored.outcome !== 'restored') throw new Error(stored.outcome);
    expect(fs.readFileSync(stored.unreadable, 'utf8')).toBe(content);
    expect(fs.readFileSync(stateFile, 'utf8')).toBe(WHOLE);
    expect(describeStoredChain(stored)).toContain(stored.unreadable);
  },
);

test('an unreadable chain without a copy is put aside and reported, and a new one begins', () => {
  const stateFile = path.join(temporaryFolder(), 'local-evm.json');
  fs.writeFileSync(stateFile, '{"blo');
  const stored = openStoredChain(stateFile);
  if (stored.outcome !== 'lost') throw new Error(stored.outcome);
  expect(fs.existsSync(stateFile)).toBe(false);
  expect(describeStoredChain(stored)).toContain('a new chain begins');
});

test('the copy follows a whole file and never half of one', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const stateFile = path.join(temporaryFolder(), 'local-evm.json');
  const stop = keepCopy(stateFile);
  vi.advanceTimersToNextTimer();
  expect(fs.existsSync(`${stateFile}.copy`)).toBe(false);
  fs.writeFileSync(stateFile, WHOLE);
  vi.advanceTimersToNextTimer();
  fs.writeFileSync(stateFile, WHOLE.slice(0, -5));
  vi.advanceTimersToNextTimer();
  stop();
  expect(fs.readFileSync(`${stateFile}.copy`, 'utf8')).toBe(WHOLE);
});
