import { expect, test } from 'vitest';
import { Patience } from './patience.ts';

/** A patience of 100 ms, by a clock that a test moves. */
function patience() {
  let now = 0;
  let overs = 0;
  const waiting = new Map<() => void, number>();
  const one = new Patience(
    100,
    (ms, then) => {
      waiting.set(then, now + ms);
      return () => void waiting.delete(then);
    },
    () => (overs += 1),
  );
  const pass = (ms: number): void => {
    for (const end = now + ms; now < end;) {
      now += 1;
      for (const [then, at] of waiting) {
        if (at > now) continue;
        waiting.delete(then);
        then();
      }
    }
  };
  return { one, pass, waiting, overs: () => overs };
}

test('it is over when nothing is heard for so long, and not before', () => {
  const { one, pass, overs } = patience();
  one.ask();
  pass(99);
  expect(overs()).toBe(0);
  pass(1);
  expect(overs()).toBe(1);
});

test('each answer begins the time anew for the next one', () => {
  const { one, pass, overs } = patience();
  for (let asked = 0; asked < 3; asked++) one.ask();
  for (let heard = 0; heard < 2; heard++) {
    pass(99);
    one.hear();
  }
  expect(one.awaited).toBe(1);
  pass(99);
  expect(overs()).toBe(0);
  pass(1);
  expect(overs()).toBe(1);
});

test('another question does not give more time', () => {
  const { one, pass, overs } = patience();
  one.ask();
  pass(60);
  one.ask();
  pass(40);
  expect(overs()).toBe(1);
});

test.each(['hear', 'end'] as const)('where nothing is awaited, after %s, no time runs', (last) => {
  const { one, pass, waiting, overs } = patience();
  one.ask();
  one[last]();
  expect(waiting.size).toBe(0);
  pass(1_000);
  expect(overs()).toBe(0);
});
