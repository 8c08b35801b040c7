import { expect, test } from 'vitest';
import { figuresOf } from '#bench/policy.bench.ts';
import { interleave } from '#bench/measure.ts';
import { againstHand, againstPeers } from './contenders.ts';
import { historyOf } from './history.ts';
import { parsing } from './parsing.ts';
import { proving } from './proving.ts';
import { workloadOf } from './workload.ts';

const once = { warmUp: 0, counted: 1 };

test('code by hand and the engines of other authors match the rules that ours matches', async () => {
  const contenders = [...(await againstHand(20)), ...(await againstPeers(20, 60))];
  const samples = await interleave(contenders, once);
  for (const [name, [time = 0]] of Object.entries(samples))
    expect([name, time > 0]).toEqual([name, true]);
  const figures = figuresOf({ ...samples, ours_10: [1], hand_10: [2] });
  expect(figures).toMatchObject({ vs_hand_10: 0.5 });
  expect(figures['cedar_x']).toBeGreaterThan(0);
  expect(figures).not.toHaveProperty('vs_index_10000');
});

test('equal rules are parsed without an error by ours and by Cedar', async () => {
  const samples = await interleave(parsing(60), once);
  expect(Object.keys(samples)).toEqual(['parse_ours', 'parse_cedar']);
});

test('a history is decided under two versions', async () => {
  const { backtest_per_s: rates } = await interleave([historyOf(40, 500)], once);
  expect(rates?.[0]).toBeGreaterThan(0);
});

test('a promise about all rules is proved by the solver', async () => {
  const { prove_ms: times } = await interleave([proving(30)], once);
  expect(times?.[0]).toBeGreaterThan(0);
});

test('the workload has every kind of rule in its share', () => {
  const { rules } = workloadOf(100, 1);
  const share = (isKind: (rule: (typeof rules)[number]) => boolean) => rules.filter(isKind).length;
  expect(share(({ recipients, tag }) => recipients !== undefined && tag !== undefined)).toBe(30);
  expect(share(({ recipients, tag }) => recipients !== undefined && tag === undefined)).toBe(15);
  expect(share(({ wallet }) => wallet !== undefined)).toBe(15);
  expect(share(({ role }) => role !== undefined)).toBe(15);
});

test('the same numbers give the same workload', () => {
  expect(workloadOf(50, 20)).toEqual(workloadOf(50, 20));
});
