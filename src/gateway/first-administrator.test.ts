import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { beginRegistration } from '#identity/registration.ts';
import { reader } from '#persistence/database.ts';
import { Organization } from '#persistence/organization.ts';
import { openStage } from '#testing/identity-stage.ts';
import { foundOrganization, register } from '#testing/person.ts';
import { DAY_MS } from '#core/time.ts';
import { firstAdministratorLink } from './first-administrator.ts';
import { operatorToken } from './operator-token.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
let dataDir: string;

beforeEach(async () => {
  stage = await openStage();
  dataDir = mkdtempSync(join(inject('testFolder'), 'countersign-first-'));
});

afterEach(async () => {
  await stage.close();
  rmSync(dataDir, { recursive: true });
});

const link = () => firstAdministratorLink(stage.services, dataDir, operatorToken(dataDir));
const tokenOf = (text: string | undefined) => text?.split('#invite=')[1] ?? '';

test('the first start makes one organisation, and the same link is told until it is used', async () => {
  const first = await link();
  expect(first).toMatch(/^http:\/\/localhost:4000\/#invite=[A-Za-z0-9_-]{43}$/);
  stage.pass(400 * DAY_MS);
  expect(await link()).toBe(first);
  expect(await reader(stage.services.db).find(Organization, {})).toMatchObject([
    { name: 'My organisation' },
  ]);
  const { actor } = await register(stage.services, tokenOf(first));
  expect(actor.roles).toEqual(['admin']);
  expect(await link()).toBeUndefined();
  expect(await link()).toBeUndefined();
  expect(await reader(stage.services.db).count(Organization)).toBe(1);
});

test('only the owner can read the link and the operator token, which is made once', async () => {
  await link();
  for (const file of ['first-admin-invite', 'operator-token']) {
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
  }
  expect(operatorToken(dataDir)).toBe(operatorToken(dataDir));
  expect(readFileSync(join(dataDir, 'operator-token'), 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
  writeFileSync(join(dataDir, 'operator-token'), '\n');
  expect(() => operatorToken(dataDir)).toThrow(/does not hold a token/);
});

test('a start that ended before it kept the link is made good by the next one', async () => {
  const lost = tokenOf(await link());
  rmSync(join(dataDir, 'first-admin-invite'));
  const renewed = tokenOf(await link());
  expect(renewed).not.toBe(lost);
  await expect(beginRegistration(stage.services, { inviteToken: lost })).rejects.toThrow(/expired/);
  await register(stage.services, renewed);
});

test('two gateways that start at once make one organisation', async () => {
  const links = await Promise.all([link(), link(), link()]);
  expect(new Set(links).size).toBe(1);
  expect(await reader(stage.services.db).count(Organization)).toBe(1);
});

test('where somebody else has set the platform up, there is no link', async () => {
  await foundOrganization(stage.services);
  expect(await link()).toBeUndefined();
});
