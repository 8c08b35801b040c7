import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { ChangeId } from '#core/ids.ts';
import type { RoleName } from '#sdk/types.ts';
import { runCommand } from '#testing/command-line.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { gatherReceipts } from '#workflow/gather-receipts.ts';

let stage: GatewayStage;
let ada: Visitor;
let folder: string;
let keyFile: string;
let change: string;

const run = (words: readonly string[], env: object = {}) =>
  runCommand(['change', ...words], {
    COUNTERSIGN_KEY_FILE: keyFile,
    COUNTERSIGN_URL: stage.url,
    ...env,
  });

/** A file of the nodes' keys; `order` says which node each party is. */
function keysFile(name: string, order: readonly number[]): string {
  const file = join(folder, name);
  const committee = order.map((node, index) => {
    const { publicKey } = stage.cluster.cosigners[node - 1] as { publicKey: Uint8Array };
    return { party: index + 1, identity: hex(publicKey) };
  });
  writeFileSync(file, JSON.stringify({ threshold: 2, committee }));
  return file;
}

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  folder = mkdtempSync(join(inject('testFolder'), 'cli-changes-'));
  keyFile = join(folder, 'auditor');
  const words = ['service-account', 'keygen', keyFile, '--origin', stage.services.origin];
  const { out: publicKey } = await runCommand(words);
  const input = { name: 'Auditor', roles: ['compliance'] as RoleName[], publicKey };
  ({ id: change } = (await ada.client.createServiceAccount(input)).change);
  await gatherReceipts(stage.services, change as ChangeId);
});
afterAll(() => stage.close());

test('a change is effective where the receipts hold under the keys of the nodes', async () => {
  const file = keysFile('node-keys.json', [1, 2, 3]);
  const shown = await run(['show', change, '--node-keys', file]);
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.out).toMatch(/^state +EFFECTIVE$/m);
  expect(shown.out).toMatch(/^operation +createServiceAccount$/m);
  const listed = await run(['list'], { COUNTERSIGN_NODE_KEYS: file });
  expect(listed.out).toContain(`${change}  EFFECTIVE`);
  expect((await run(['list', '--state', 'rejected'])).out).toBe('There is no such change.');
});

test('without keys it is applied, and under the keys of others it is refused', async () => {
  const json = JSON.parse((await run(['show', change, '--json'])).out) as object;
  expect(json).toMatchObject({ id: change, state: 'APPLIED' });
  const refused = await run(['show', change, '--node-keys', keysFile('others.json', [2, 1, 3])]);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/EVIDENCE_REJECTED.*1 of 3 nodes/);
});

test('a change that waits says of whom it asks approval', async () => {
  await stage.join(ada, 'Bob', 'treasury-manager');
  const person = { name: 'Cleo', email: 'cleo@acme.example', roles: ['compliance'] as RoleName[] };
  const { id } = (await ada.client.inviteUser(person)).change;
  const shown = await run(['show', id]);
  expect(shown.out).toMatch(
    /^waits for +approval by 1 of people with authority over others, beside who requested it: Bob$/m,
  );
});

test('a call without a change, or with a state that there is not, is wrong', async () => {
  expect(await run(['show'])).toMatchObject({ code: 2 });
  expect(await run(['list', '--state', 'done'])).toMatchObject({ code: 2 });
});
