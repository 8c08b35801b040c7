import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { visitServer } from '#testing/language-client.ts';
import { packExtension } from './package-extension.ts';

test('the package has all that its manifest names, and its server serves without the project', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'extension-'));
  try {
    const files = unzipSync(await readFile(await packExtension(folder)));
    const manifest = JSON.parse(strFromU8(files['extension/package.json'] as Uint8Array)) as {
      main: string;
      contributes: { languages: { configuration: string }[] };
    };
    const named = [manifest.main, ...manifest.contributes.languages.map((l) => l.configuration)];
    for (const path of named) expect(Object.keys(files)).toContain(path.replace('.', 'extension'));
    const vsix = strFromU8(files['extension.vsixmanifest'] as Uint8Array);
    for (const [, path = ''] of vsix.matchAll(/ Path="([^"]+)"/g)) {
      expect(Object.keys(files)).toContain(path);
    }
    const server = join(folder, 'server.mjs');
    await writeFile(server, files['extension/server.mjs'] as Uint8Array);
    const visit = await visitServer([server, '--stdio'], folder);
    expect(visit).toEqual({ name: 'countersign-policy', exitCode: 0 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the same sources give the same bytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'extension-'));
  try {
    const first = await readFile(await packExtension(join(folder, 'a')));
    const second = await readFile(await packExtension(join(folder, 'b')));
    expect(first.equals(second)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
