import { expect, test } from 'vitest';
import { type Held, lookInside } from '#testing/inside.ts';
import { clusterStage } from './cluster-stage.ts';
import { type Mark, type Soak, faultsOf, growthOf, soakCluster } from './cluster-soak.ts';

const never = new AbortController().signal;

test('sixty signatures by three processes: all valid, none stuck, nothing left behind', async () => {
  const limits = { presignatures: { target: 8, batch: 4 } };
  const told: string[] = [];
  const plan = { warmUp: 12, counted: 60, pieces: 2, limits };
  const soak = await soakCluster(plan, (line) => told.push(line), never);
  expect(soak).toMatchObject({ signed: 60, invalid: 0, failed: 0, stuck: 0 });
  expect(soak.ms).toHaveLength(60);
  expect(soak.marks.map(({ signed }) => signed)).toEqual([0, 30, 60]);
  expect(soak.marks.every(({ held }) => held.every(({ heapMb }) => heapMb > 0))).toBe(true);
  expect(growthOf(soak.marks)).toMatchObject({ descriptors: 0, resources: 0 });
  expect(told.at(-1)).toBe('60 of 60: 0 invalid, 0 failed, 0 stuck');
});

test('a soak that is interrupted ends after the signatures that it has begun', async () => {
  const stopping = new AbortController();
  stopping.abort();
  const end = soakCluster({ warmUp: 3, counted: 60 }, () => undefined, stopping.signal);
  await expect(end).rejects.toMatchObject({ name: 'AbortError' });
});

const held: Held = {
  heapMb: 20,
  externalMb: 2,
  rssMb: 90,
  descriptors: 30,
  resources: { Timer: 1 },
};
const marks = (change: Partial<Held>): readonly Mark[] => [
  { signed: 0, held: [held, held] },
  { signed: 9, held: [held, { ...held, ...change }] },
];
const passed: Soak = {
  signed: 9,
  invalid: 0,
  failed: 0,
  stuck: 0,
  ms: [],
  seconds: 1,
  marks: marks({}),
  presignatures: 0,
};

test.each<[string, Partial<Soak>]>([
  ['1 invalid', { invalid: 1 }],
  ['2 failed', { failed: 2 }],
  ['1 stuck', { stuck: 1 }],
  ["a node's descriptors grew by 1.0, more than 0", { marks: marks({ descriptors: 31 }) }],
  ["a node's resources grew by 1.0, more than 0", { marks: marks({ resources: { Timer: 2 } }) }],
  ["a node's heapMb grew by 9.0, more than 8", { marks: marks({ heapMb: 29 }) }],
  ["a node's rssMb grew by 161.0, more than 160", { marks: marks({ rssMb: 251 }) }],
])('the rule sees it: %s', (fault, change) => {
  expect(faultsOf(passed)).toEqual([]);
  expect(faultsOf({ ...passed, ...change })).toEqual([fault]);
});

test('what a node knows of spends for good does not count as growth, and what is beyond it does', () => {
  const signed = 4_096;
  const grown = (heapMb: number): Soak => ({ ...passed, signed, marks: marks({ heapMb }) });
  expect(faultsOf(grown(held.heapMb + 24))).toEqual([]);
  expect(faultsOf(grown(held.heapMb + 25))).toEqual(["a node's heapMb grew by 25.0, more than 24"]);
});

test('a process that ends instead of answering is an error, not a silence', async () => {
  const stage = await clusterStage({ count: 2, threshold: 2, isTransparent: true });
  try {
    const [child] = stage.children;
    if (child === undefined) throw new Error('there are two');
    const answer = lookInside(child, 'held');
    child.kill('SIGKILL');
    await expect(answer).rejects.toThrow('ended before it answered');
  } finally {
    await stage.close();
  }
});
