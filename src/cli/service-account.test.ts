import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openDataDir } from '#launcher/data-dir.ts';
import { runCommand } from '#testing/command-line.ts';
import {
  type GatewayStage,
  OPERATOR_TOKEN,
  openGatewayStage,
  type Visitor,
} from '#testing/gateway-stage.ts';

let stage: GatewayStage;
let ada: Visitor;
let folder: string;

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  folder = mkdtempSync(join(inject('testFolder'), 'keys-'));
});
afterAll(() => stage.close());

const run = (words: readonly string[], env = {}) => runCommand(['service-account', ...words], env);

/** A key file whose public key Ada has registered. */
async function account(name: string, ...more: string[]): Promise<string> {
  const file = join(folder, name);
  const made = await run(['keygen', file, '--origin', stage.services.origin, ...more]);
  expect(made).toMatchObject({ code: 0, err: '' });
  const input = { name, roles: ['finance-operator'], publicKey: made.out } as const;
  await ada.client.createServiceAccount(input);
  return file;
}

test.each(['Ed25519', 'P-256'])(
  'a key of %s is made, registered and used, and its file is for its owner alone',
  async (curve) => {
    const file = await account(`robot-${curve}`, '--curve', curve);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const shown = await run(['public-key', file]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ key: { crv: curve } });
    expect(shown.out).toMatch(/^[A-Za-z0-9_-]+$/);
    const check = await run(['check', '--key-file', file, '--url', stage.url]);
    expect(check).toMatchObject({ code: 0, err: '' });
    expect(check.out).toMatch(/^robot-\S+ \(usr_\S+\) of Acme: Finance Operator$/);
    const env = { COUNTERSIGN_KEY_FILE: file, COUNTERSIGN_URL: stage.url };
    expect(await run(['check'], env)).toMatchObject({ code: 0, out: check.out });
  },
);

test('a key file that others may read is refused', async () => {
  const file = await account('open');
  chmodSync(file, 0o640);
  const { code, err } = await run(['check', '--key-file', file, '--url', stage.url]);
  expect(code).toBe(2);
  expect(err).toMatch(/^INVALID_INPUT: .*others may read/);
});

test('the origin of a key is that of the platform that runs here', async () => {
  const dataDir = openDataDir(join(folder, 'data'));
  writeFileSync(dataDir.file('operator-token'), OPERATOR_TOKEN, { mode: 0o600 });
  const file = join(folder, 'local');
  const env = { DATA_DIR: dataDir.folder };
  expect(await run(['keygen', file], env)).toMatchObject({ code: 1, out: '' });
  dataDir.record({
    serves: {
      url: 'http://localhost:4001',
      origin: 'https://wallet.example',
      rpc: stage.anvil.url,
      rpcSolana: '',
    },
    ports: {},
    children: {},
  });
  expect(await run(['keygen', file], env)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    origin: 'https://wallet.example',
  });
  dataDir.release();
});

test.each([
  [['keygen'], 2, /Name the key file/],
  [['keygen', 'x', '--curve', 'P-384'], 2, /There is no curve P-384/],
  [['keygen', 'x', '--origin', 'localhost'], 2, /^INVALID_INPUT: .*not an origin/],
  [['check'], 1, /^NOT_CONFIGURED: .*no key file is named/],
  [['check', '--key-file', 'no-such-file'], 2, /^INVALID_INPUT: .*there is no file no-such-file/],
  [['check', 'word'], 2, /"word" is one word too many/],
  [['public-key', '.'], 2, /^INVALID_INPUT: /],
])('%j is refused with exit code %i', async (words, code, message) => {
  const result = await run(words);
  expect(result).toMatchObject({ code, out: '' });
  expect(result.err).toMatch(message);
});

test.each(['', '{}', '[]', 'no json', '{"format":"countersign/service-account/v1","key":{}}'])(
  'a file that holds %j is no key file',
  async (text) => {
    const file = join(folder, `bad-${Buffer.from(text).toString('hex')}`);
    writeFileSync(file, text, { mode: 0o600 });
    const { code, err } = await run(['public-key', file]);
    expect(code).toBe(2);
    expect(err).toContain('is not the key file of a service account');
  },
);

test('a file that exists is never replaced', async () => {
  const file = await account('once');
  const before = readFileSync(file, 'utf8');
  const again = await run(['keygen', file, '--origin', stage.services.origin]);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('exists already') });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a key that nobody registered signs nobody in, and a platform that is away is named so', async () => {
  const file = join(folder, 'unknown');
  await run(['keygen', file, '--origin', stage.services.origin]);
  const unknown = await run(['check', '--key-file', file, '--url', stage.url]);
  expect(unknown).toMatchObject({ code: 1, err: expect.stringMatching(/^WEBAUTHN_REFUSED: /) });
  const away = await run(['check', '--key-file', file, '--url', 'http://127.0.0.1:9']);
  expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/^NO_CONNECTION: /) });
});
