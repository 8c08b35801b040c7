import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const UGLY = 'rule a {\nwhen value>1 USD\n  then allow }\n';
const NEAT = 'rule a {\n  when    value > 1 USD\n  then    allow\n}\n';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('files are rewritten, and formatted ones are not touched', async () => {
  const folder = folderWith({ 'a.policy': UGLY, 'b.policy': NEAT });
  const { code, out } = await runCommand(['policy', 'fmt', folder]);
  expect([code, out]).toEqual([0, `${join(folder, 'a.policy')}\n2 files: 1 changed`]);
  expect(readFileSync(join(folder, 'a.policy'), 'utf8')).toBe(NEAT);
  expect(await runCommand(['policy', 'fmt', '--check', folder])).toEqual({
    code: 0,
    out: '2 files: all formatted',
    err: '',
  });
});

test('--check shows the difference and changes nothing', async () => {
  const folder = folderWith({ 'a.policy': UGLY });
  const { code, out } = await runCommand(['policy', 'fmt', join(folder, 'a.policy'), '--check']);
  expect(code).toBe(1);
  expect(out.split('\n').slice(1)).toEqual([
    '  rule a {',
    '- when value>1 USD',
    '-   then allow }',
    '+   when    value > 1 USD',
    '+   then    allow',
    '+ }',
    '',
    '1 file: 1 would change',
  ]);
  expect(readFileSync(join(folder, 'a.policy'), 'utf8')).toBe(UGLY);
});

test('a file with a syntax error is shown and left alone; the others are formatted', async () => {
  const folder = folderWith({ 'a.policy': UGLY, 'b.policy': 'rule b { when' });
  const { code, out } = await runCommand(['policy', 'fmt', folder]);
  expect(code).toBe(1);
  expect(out).toContain('b.policy:1:13 error SYNTAX');
  expect(readFileSync(join(folder, 'a.policy'), 'utf8')).toBe(NEAT);
  expect(readFileSync(join(folder, 'b.policy'), 'utf8')).toBe('rule b { when');
});

test('one file is one file: its neighbours stay as they are', async () => {
  const folder = folderWith({ 'a.policy': UGLY, 'a.test.policy': UGLY });
  await runCommand(['policy', 'fmt', join(folder, 'a.policy')]);
  expect(readFileSync(join(folder, 'a.test.policy'), 'utf8')).toBe(UGLY);
});

test('--stdin is a filter for editors', async () => {
  expect(await runCommand(['policy', 'fmt', '--stdin'], {}, UGLY)).toEqual({
    code: 0,
    out: NEAT.slice(0, -1),
    err: '',
  });
  const broken = await runCommand(['policy', 'fmt', '--stdin'], {}, 'rule');
  expect(broken).toMatchObject({ code: 1, out: '' });
  expect(broken.err).toContain('error SYNTAX');
});

test('--json tells each file', async () => {
  const folder = folderWith({ 'a.policy': UGLY });
  const { out } = await runCommand(['policy', 'fmt', '--check', '--json', folder]);
  expect(JSON.parse(out)).toEqual({
    ok: true,
    files: [{ path: join(folder, 'a.policy'), changed: true, diagnostics: [] }],
  });
});

test.each([
  [['policy', 'fmt'], /Name policy files/],
  [['policy', 'fmt', '--stdin', 'a.policy'], /no file to name/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
