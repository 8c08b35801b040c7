import { expect, test } from 'vitest';
import { DAY_MS } from '#core/time.ts';
import { CeremonyChallenge } from '#persistence/ceremony.ts';
import { reader } from '#persistence/database.ts';
import { UserAction } from '#persistence/user-action.ts';
import { openStage } from '#testing/identity-stage.ts';
import { beginInvite, foundOrganization } from '#testing/person.ts';
import { beginLogin, completeLogin } from './login.ts';
import { removeOldChallenges } from './old-challenges.ts';
import { CHALLENGE_LIFETIME_MS } from './user-action.ts';

test('a challenge is kept for a day after it expired, and no longer', async () => {
  const stage = await openStage();
  const { admin } = await foundOrganization(stage.services);
  const begin = async () => {
    const bob = { name: 'Bob', email: 'bob@acme.example', roles: ['admin'] };
    await beginInvite(stage.services, admin, bob);
    return (await beginLogin(stage.services)).challengeId;
  };
  const count = async () => {
    const tx = reader(stage.services.db);
    return [await tx.count(CeremonyChallenge), await tx.count(UserAction)];
  };
  const old = await begin();
  stage.pass(CHALLENGE_LIFETIME_MS + DAY_MS);
  await removeOldChallenges(stage.services);
  expect(await count()).toEqual([2, 1]);
  stage.pass(1);
  await begin();
  await removeOldChallenges(stage.services);
  expect(await count()).toEqual([1, 1]);
  const credential = await admin.authenticator.get({ challenge: 'AAAA', rpId: 'localhost' });
  const late = completeLogin(stage.services, { challengeId: old, clientNonce: '', credential });
  await expect(late).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await stage.close();
});
