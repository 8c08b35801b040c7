import { expect, test } from 'vitest';
import { Turnstile } from './turnstile.ts';

/** Everything that is due has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Asks in this order, and notes in which order was decided. */
function asking() {
  const turnstile = new Turnstile();
  const decided: string[] = [];
  const ask = (name: string, lanes: readonly string[]) => {
    const check = Promise.withResolvers<string>();
    const passed = turnstile.pass(lanes, check.promise, (outcome) => {
      decided.push(name);
      return outcome();
    });
    passed.catch(() => undefined);
    return { ...check, passed };
  };
  return { turnstile, decided, ask };
}

test('what is found first waits for what was asked first', async () => {
  const { turnstile, decided, ask } = asking();
  const first = ask('first', ['org/2']);
  const second = ask('second', ['org/2']);
  second.resolve('passed');
  await settled();
  expect(decided).toEqual([]);
  first.resolve('passed');
  expect(await second.passed).toBe('passed');
  expect(decided).toEqual(['first', 'second']);
  await settled();
  expect(turnstile.busy).toBe(0);
});

test('a failure lets the next one pass, after it was decided on', async () => {
  const { turnstile, decided, ask } = asking();
  const first = ask('first', ['org/2']);
  const second = ask('second', ['org/2']);
  second.resolve('passed');
  first.reject(new Error('cheated'));
  await expect(first.passed).rejects.toThrow('cheated');
  expect(await second.passed).toBe('passed');
  expect(decided).toEqual(['first', 'second']);
  await settled();
  expect(turnstile.busy).toBe(0);
});

test('a decision that throws ends its own session alone', async () => {
  const turnstile = new Turnstile();
  const banned = turnstile.pass(['org/2'], Promise.resolve(1), () => {
    throw new Error('banned');
  });
  const next = turnstile.pass(['org/2'], Promise.resolve(2), (outcome) => outcome());
  await expect(banned).rejects.toThrow('banned');
  expect(await next).toBe(2);
});

test('sessions with other peers and of other organisations do not wait for each other', async () => {
  const { decided, ask } = asking();
  const slow = ask('slow', ['org/2', 'org/3']);
  const held = ask('held', ['org/3', 'org/4']);
  const heldByHeld = ask('held by held', ['org/4']);
  const elsewhere = ask('elsewhere', ['other/2']);
  for (const one of [held, heldByHeld, elsewhere]) one.resolve('passed');
  await elsewhere.passed;
  await settled();
  expect(decided).toEqual(['elsewhere']);
  slow.resolve('passed');
  await heldByHeld.passed;
  expect(decided).toEqual(['elsewhere', 'slow', 'held', 'held by held']);
});
