/** The gateway as a process, as the launcher starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { programArguments } from '#launcher/programs.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';

const PROGRAM = programArguments('src/gateway/main.ts');

let database: TestDatabase;
let dataDir: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(inject('testFolder'), 'countersign-gateway-'));
  await provisionCommittee({ dir: dataDir, count: 3, threshold: 2 });
  env = {
    PORT: '0',
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    PUBLIC_ORIGIN: 'http://localhost:4000',
    SIGNERS: '1=127.0.0.1:1,2=127.0.0.1:2,3=127.0.0.1:3',
    SIGNER_TLS: join(dataDir, 'tls'),
    RPC_LOCAL_EVM: 'http://127.0.0.1:9',
    PRICES: join(dataDir, 'prices.json'),
    EXIT_WITH_PARENT: '1',
  };
});

afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

type Line = { readonly ready?: true; readonly port?: number; readonly firstAdminLink?: string };

/** Starts the process and reads its lines up to the one that says it serves. */
async function start(): Promise<{ child: ChildProcess; lines: readonly Line[]; url: string }> {
  const child = spawn(process.execPath, PROGRAM, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(text) as Line);
    if (lines.at(-1)?.ready) break;
  }
  return { child, lines, url: `http://127.0.0.1:${lines.at(-1)?.port ?? 0}` };
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

test('it says its link and its port, serves, and stops in order', async () => {
  const { child, lines, url } = await start();
  expect(lines).toEqual([
    { firstAdminLink: expect.stringMatching(/^http:\/\/localhost:4000\/#invite=/) as string },
    { ready: true, port: expect.any(Number) as number },
  ]);
  expect(await statusOf(`${url}/healthz`)).toBe(200);
  expect(await statusOf(`${url}/readyz`)).toBe(200);
  const page = await fetch(url);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="|onclick/);
  for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect([file, await statusOf(`${url}${file}`)]).toEqual([file, 200]);
  }
  expect(await statusOf(`${url}/page.ts`)).toBe(404);
  expect(await statusOf(`${url}/../package.json`)).toBe(404);
  const token = (await readFile(join(dataDir, 'operator-token'), 'utf8')).trim();
  const made = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: `mutation { createOrganization(input: { name: "N", adminName: "A" }) { inviteToken } }`,
    }),
  });
  expect(await made.json()).toMatchObject({ data: { createOrganization: {} } });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('it ends when its parent is gone', async () => {
  const { child, lines } = await start();
  expect(lines[0]?.firstAdminLink).toBeDefined();
  child.stdin?.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('what is wrong with the environment is told at once, in full', async () => {
  const child = spawn(process.execPath, PROGRAM, {
    env: { ...process.env, PORT: 'http', PUBLIC_ORIGIN: 'here' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (text: Buffer) => (told += text.toString()));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(told).toMatch(/PORT: .*\n.*DATABASE_URL: .*\n/);
});
