import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Setting } from './accept-run.ts';
import { openRawSamples, type Played, type RawSamples } from './raw-samples.ts';
import { playSlices } from './slices.ts';

const PLAYED: Played = { seed: '7', profile: 'full', commit: 'c0ffee' };

function emptyFile(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-samples-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'samples.jsonl');
}

const settingOf = (samples: RawSamples, id: string): Setting => ({
  profile: 'full',
  seed: '7',
  tell: () => undefined,
  sample: (kind, observed) => samples.write(id, kind, observed),
  earlier: (kind) => samples.earlier(id, kind),
  mayGoOn: async () => undefined,
});

const open = (file: string, goOn: boolean, played = PLAYED): RawSamples => {
  const samples = openRawSamples(file, played, ['--only', 'F-01', '--raw', file], goOn);
  onTestFinished(() => samples.close());
  return samples;
};

test('the first line says what was played where, and each further one is an observation', () => {
  const file = emptyFile();
  open(file, false).write('F-01', 'kill', { process: 'worker', recoveryMs: 12 });
  const [command, kill] = fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(command).toMatchObject({
    command: `npm run accept -- --only F-01 --raw ${path.basename(file)}`,
    ...PLAYED,
  });
  expect(command).toHaveProperty('machine.cpus', os.cpus().length);
  expect(kill).toMatchObject({ run: 'F-01', kind: 'kill', process: 'worker', recoveryMs: 12 });
});

test('a run that was cut goes on after the slices that ended, and counts them', async () => {
  const file = emptyFile();
  const played: number[] = [];
  const play = (until: number) => async (slice: number) => {
    if (slice === until) throw new Error('cut');
    played.push(slice);
    return { counts: { paid: 10 }, values: { tookMs: [slice] }, breaks: [`in slice ${slice}`] };
  };
  const first = settingOf(open(file, false), 'F-01');
  await expect(playSlices(first, 4, play(2))).rejects.toThrow('cut');
  fs.appendFileSync(file, '{"run":"F-01","kind":"sli');
  const total = await playSlices(settingOf(open(file, true), 'F-01'), 4, play(4));
  expect(played).toEqual([0, 1, 2, 3]);
  expect(total).toEqual({
    counts: { paid: 40 },
    values: { tookMs: [0, 1, 2, 3] },
    breaks: [0, 1, 2, 3].map((slice) => `in slice ${slice}`),
  });
});

const payOne = async () => ({ counts: { paid: 1 }, breaks: [] });

test('slices of another run in the same file are not its own', async () => {
  const file = emptyFile();
  await playSlices(settingOf(open(file, false), 'F-01'), 2, payOne);
  const other = await playSlices(settingOf(open(file, true), 'F-02'), 3, payOne);
  expect(other.counts).toEqual({ paid: 3 });
});

test.each([
  ['without being told to go on', false, PLAYED, /holds samples already/],
  ['with another seed', true, { ...PLAYED, seed: '8' }, /has seed 7, and this is 8/],
  ['in another profile', true, { ...PLAYED, profile: 'quick' }, /has profile full/],
  ['at another commit', true, { ...PLAYED, commit: 'dec0de' }, /has commit c0ffee/],
] as const)('a file with samples is not written to %s', (_, goOn, played, words) => {
  const file = emptyFile();
  open(file, false);
  expect(() => open(file, goOn, played)).toThrow(words);
});
