import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { runCommand as runCli } from '#testing/command-line.ts';
import { type SignerHouse, commonBundle, signerHouse } from '#testing/signers.ts';
import { readConfig } from './config.ts';
import {
  SECRET_VARIABLE,
  type SealingKeySource,
  runCommand,
  sealingKeySource,
} from './sealing-key.ts';

let house: SignerHouse;
let folder: string;
/** One party for each source, as its operator would have it. */
const [KMS, PASSPHRASED, ENVIRONMENT] = [1, 2, 3] as const;
const PASSPHRASE = 'correct horse battery staple';

beforeAll(async () => {
  house = await signerHouse(3, 2);
  folder = await mkdtemp(join(inject('testFolder'), 'sealing-'));
});

afterAll(async () => {
  await house.remove();
  await rm(folder, { recursive: true, force: true });
});

async function secretFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const node = (party: number, name: string): string => join(house.data(party), name);

const keyFile = async (party: number): Promise<string> =>
  (await readFile(node(party, 'sealing-key'), 'utf8')).trim();

/** The key as the node's source gives it now. */
const present = async (party: number): Promise<string> =>
  hex(await sealingKeySource(await readConfig(house.config(party)), process.env)());

const seal = (party: number, ...options: readonly string[]) =>
  runCli(['signer', 'seal', '--node', house.data(party), ...options]);

async function startsAndStops(party: number): Promise<void> {
  const signer = await house.start(party);
  await signer.stop();
}

/** A key management service: a process of its own that has the only key, and a command that asks it. */
async function startKms(): Promise<{ wrap: string; unwrap: string; stop(): Promise<void> }> {
  const service = `
    import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
    import { createServer } from 'node:http';
    const master = randomBytes(32), nonce = Buffer.alloc(12);
    createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      try {
        if (request.url === '/wrap') {
          const salt = randomBytes(12), cipher = createCipheriv('aes-256-gcm', master, salt);
          response.end(Buffer.concat([salt, cipher.update(body), cipher.final(), cipher.getAuthTag()]));
        } else {
          const open = createDecipheriv('aes-256-gcm', master, body.subarray(0, 12));
          open.setAuthTag(body.subarray(-16));
          const key = Buffer.concat([open.update(body.subarray(12, -16)), open.final()]);
          response.end(key.toString('base64') + '\\n');
        }
      } catch { response.statusCode = 403; response.end(); }
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', service], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const client = await secretFile(
    'ask-kms.mjs',
    `const response = await fetch('http://127.0.0.1:${port}/' + process.argv[2], {
       method: 'POST', body: Buffer.concat(await process.stdin.toArray()) });
     if (!response.ok) process.exit(3);
     process.stdout.write(Buffer.from(await response.arrayBuffer()));`,
  );
  const command = `${process.execPath} ${client}`;
  return {
    wrap: `${command} wrap`,
    unwrap: `${command} unwrap`,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('a passphrase takes the place of the open key, and another passphrase does not open it', async () => {
  const key = await keyFile(PASSPHRASED);
  const path = await secretFile('passphrase', `${PASSPHRASE}\n`);
  if (process.getuid?.() === 0) await chown(house.data(PASSPHRASED), 64_299, 64_299);
  const sealed = await seal(PASSPHRASED, '--from', 'passphrase-file', '--file', path);
  expect(sealed).toMatchObject({ code: 0 });
  expect(existsSync(node(PASSPHRASED, 'sealing-key'))).toBe(false);
  const wrapped = await readFile(node(PASSPHRASED, 'sealing-key.wrapped'), 'utf8');
  expect(wrapped).not.toContain(key);
  // Whoever seals a node of another user, as root may, leaves it readable for that user.
  const owner = (await stat(house.data(PASSPHRASED))).uid;
  for (const name of ['node.json', 'sealing-key.wrapped']) {
    expect((await stat(node(PASSPHRASED, name))).uid).toBe(owner);
  }
  await startsAndStops(PASSPHRASED);
  await writeFile(path, 'incorrect horse battery staple');
  await expect(present(PASSPHRASED)).rejects.toThrow(/wrong passphrase/);
  await writeFile(path, 'short');
  await expect(present(PASSPHRASED)).rejects.toThrow(/at least 12 characters/);
  await writeFile(path, PASSPHRASE);
  await chmod(path, 0o640);
  await expect(present(PASSPHRASED)).rejects.toThrow(/the passphrase file can be read by others/);
  await chmod(path, 0o600);

  const config = await readConfig(house.config(PASSPHRASED));
  const other = sealingKeySource({ ...config, party: KMS });
  await expect(other()).rejects.toThrow(/the key of another node/);
  const file = JSON.parse(wrapped) as { box: string };
  for (const damaged of [{ box: file.box.slice(2) }, { box: 'x' }, { format: 'other' }]) {
    const text = JSON.stringify({ ...file, ...damaged });
    await writeFile(node(PASSPHRASED, 'sealing-key.wrapped'), text);
    await expect(present(PASSPHRASED)).rejects.toThrow(/wrapped sealing key is not one/);
  }
});

test('a KMS unwraps the key at the start; without it, or with other bytes, the node refuses', async () => {
  const key = await keyFile(KMS);
  const kms = await startKms();
  const { code } = await seal(KMS, '--from', 'kms', '--wrap', kms.wrap, '--unwrap', kms.unwrap);
  expect(code).toBe(0);
  expect(existsSync(node(KMS, 'sealing-key'))).toBe(false);
  const path = node(KMS, 'sealing-key.wrapped');
  const wrapped = await readFile(path);
  expect(wrapped.includes(Buffer.from(key, 'hex'))).toBe(false);
  await startsAndStops(KMS);
  await writeFile(path, wrapped.toReversed());
  await expect(present(KMS)).rejects.toThrow(/command of the KMS has failed \(3\)/);
  await writeFile(path, wrapped);
  expect(await present(KMS)).toBe(key);
  await kms.stop();
  await expect(house.start(KMS)).rejects.toThrow(/command of the KMS has failed/);
});

/** The source whose command does not look at the wrapped key. */
function answer(command: readonly string[]): SealingKeySource {
  const wrapped = house.config(KMS);
  const owner = { committee: { hash: new Uint8Array(32) }, party: KMS };
  return sealingKeySource({ ...owner, sealing: { from: 'kms', command, wrapped } }, {});
}

test.each<[string, readonly string[], RegExp]>([
  ['is missing', ['/no/such/command'], /cannot be run \(ENOENT\)/],
  ['says nothing', ['/bin/true'], /answered with nothing/],
  ['says something else', ['/bin/echo', 'aabb'], /not answered with a key of 32 bytes/],
  ['says too much', ['/usr/bin/head', '-c', '20000', '/dev/zero'], /with too much/],
  ['is killed', ['/bin/sh', '-c', 'kill -9 $$'], /has failed \(SIGKILL\)/],
])('a command of the KMS that %s gives no key', async (_, command, reason) => {
  await expect(answer(command)()).rejects.toThrow(reason);
});

test('a command answers with bytes, hex or base64, and sees its input', async () => {
  const bytes = new Uint8Array(32).fill(0xab);
  const key = hex(bytes);
  const texts = [key, `${key.toUpperCase()}\n`, `${Buffer.from(bytes).toString('base64')}\n`];
  for (const text of texts) expect(hex(await answer(['/bin/echo', text])())).toBe(key);
  expect(hex(await runCommand(['/bin/cat'], bytes, {}))).toBe(key);
});

test('a secret of the environment starts the node, and stands in no environment afterwards', async () => {
  const secret = join(folder, 'secret');
  const key = await keyFile(ENVIRONMENT);
  const sealed = await seal(ENVIRONMENT, '--from', 'environment', '--file', secret);
  expect(sealed).toMatchObject({ code: 0 });
  expect(existsSync(node(ENVIRONMENT, 'sealing-key'))).toBe(false);
  expect((await readFile(secret, 'utf8')).trim()).toBe(key);
  const env = { [SECRET_VARIABLE]: key };
  const signer = await house.start(ENVIRONMENT, { bundle: await commonBundle(), env });
  for (const name of existsSync('/proc') ? ['environ', 'cmdline'] : []) {
    expect(await readFile(`/proc/${signer.child.pid}/${name}`, 'utf8')).not.toContain(key);
  }
  await signer.stop();
  expect(signer.logs()).not.toContain(key);
  const config = await readConfig(house.config(ENVIRONMENT));
  const direct = sealingKeySource(config, env);
  await expect(direct()).rejects.toThrow(/stands in the process's environment/);
  await expect(sealingKeySource(config, {})()).rejects.toThrow(/SIGNER_SEALING_KEY is not set/);
});
