import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import {
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from 'vscode-languageserver/node';
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
    expect(await serverName(server, folder)).toBe('countersign-policy');
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function serverName(server: string, cwd: string): Promise<string> {
  const child = spawn(process.execPath, [server, '--stdio'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const client = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  client.listen();
  const gone = exited.then((code) => {
    throw new Error(`the server has ended with ${code}`);
  });
  const asked = client.sendRequest<{ serverInfo: { name: string } }>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
  });
  const answer = await Promise.race([asked, gone]);
  await client.sendRequest('shutdown');
  await client.sendNotification('exit');
  await exited;
  client.dispose();
  return answer.serverInfo.name;
}

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
