import { afterAll, beforeAll, expect, test } from 'vitest';
import { RoleAssignment } from '#persistence/identity.ts';
import { reader } from '#persistence/database.ts';
import { SESSION_CHANNEL, Session } from '#persistence/session.ts';
import pg from 'pg';
import { type Person, foundOrganization, login } from '#testing/person.ts';
import { base64url } from '#core/bytes.ts';
import { type Stage, openStage } from '#testing/identity-stage.ts';
import { SESSION_LIFETIME_MS, authenticate, logout } from './session.ts';

let stage: Stage;
let admin: Person;

beforeAll(async () => {
  stage = await openStage();
  ({ admin } = await foundOrganization(stage.services));
});
afterAll(() => stage.close());

test('the token itself is stored nowhere', async () => {
  const rows = await reader(stage.services.db).find(Session, {});
  expect(rows.map(({ tokenHash }) => base64url(tokenHash))).not.toContain(admin.token);
  expect(JSON.stringify(rows)).not.toContain(admin.token);
});

test.each(['', 'Bearer', 'A'.repeat(43), `${'A'.repeat(42)}B`])(
  'the token %j is nobody',
  async (token) => {
    const attempt = authenticate(stage.services, token);
    await expect(attempt).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  },
);

test('another spelling of a token is another token', async () => {
  const { token } = await login(stage.services, admin.authenticator);
  for (const spelling of [`${token}=`, ` ${token}`, `${token}\n`, token.toLowerCase()]) {
    const attempt = authenticate(stage.services, spelling);
    await expect(attempt).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

test('a session ends at its time', async () => {
  const { token } = await login(stage.services, admin.authenticator);
  stage.pass(SESSION_LIFETIME_MS - 1);
  await authenticate(stage.services, token);
  stage.pass(1);
  const attempt = authenticate(stage.services, token);
  await expect(attempt).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
});

test('logout revokes that session at once, tells every gateway, and is recorded once', async () => {
  const session = await login(stage.services, admin.authenticator);
  const other = await login(stage.services, admin.authenticator);
  const listener = new pg.Client({ connectionString: stage.url });
  await listener.connect();
  const heard = new Promise((resolve) => listener.once('notification', resolve));
  await listener.query(`listen ${SESSION_CHANNEL}`);
  await logout(stage.services, session.actor);
  await logout(stage.services, session.actor);
  expect(await heard).toMatchObject({ payload: session.actor.session });
  await listener.end();
  const attempt = authenticate(stage.services, session.token);
  await expect(attempt).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  await authenticate(stage.services, other.token);
  const entries = await stage.audit(admin.actor.organization);
  const ended = entries.filter(({ subject }) => subject === session.actor.session);
  expect(ended.map(({ action }) => action)).toEqual(['session.opened', 'session.ended']);
});

test('a change of roles counts at the next request', async () => {
  const { token, actor } = await login(stage.services, admin.authenticator);
  await reader(stage.services.db).nativeDelete(RoleAssignment, { user: actor.user });
  expect((await authenticate(stage.services, token)).roles).toEqual([]);
});
