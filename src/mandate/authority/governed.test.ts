/** Changes that the policy governs: their quorum, and what an approval counts for. */
import { expect, test } from 'vitest';
import { HOUR_MS, instant } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { deactivationChange } from '#mandate/change-input.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { type Signer, TestAuthority } from '#testing/authority.ts';
import { applyChange } from './apply-change.ts';

const GOVERNED = {
  governs: 'transfer, permission-change, policy-change',
  more: `rule changes "Compliance keeps the policy" {
  applies to policy-change
  when    initiator has role "compliance"
  then    allow
}
rule people "Managers look at changes of permissions" {
  applies to permission-change
  when    always
  then    allow with approval by 2 of managers, not by initiator
}
`,
};

/** A company whose policy asks two managers about each change of permissions. */
async function governed() {
  const own = await TestAuthority.found('governed');
  const people = {
    bob: await own.join('Bob', 'treasury-manager'),
    ben: await own.join('Ben', 'treasury-manager'),
    carol: await own.join('Carol', 'compliance'),
    robot: await own.employ('Payroll', 'treasury-manager'),
  };
  await own.publish(people.carol, policyFiles({ version: 1, ...GOVERNED }).files);
  const input = deactivationChange({ userId: people.carol.id });
  const statement = own.statement('deactivateUser', people.carol.id, input, own.administrator.id);
  const change = await own.administrator.sign(statement);
  const attempt = (...approvals: SignedStatement[]) =>
    applyChange(own.state, { change, approvals });
  return { own, ...people, statement, attempt };
}

test('a change that the policy governs takes the quorum that it asks for', async () => {
  const { own, bob: one, ben: two, carol: three, statement, attempt } = await governed();
  const vote = (person: Signer) => own.approve(statement, person);
  expect(() => attempt()).toThrow(/by 2 of managers/);
  const first = await vote(one);
  expect(() => attempt(first)).toThrow(/by 2 of managers/);
  expect(() => attempt(first, first)).toThrow(/by 2 of managers/);
  const outsider = await vote(three);
  expect(() => attempt(first, outsider)).toThrow(/by 2 of managers/);
  const second = await vote(two);
  expect(attempt(first, second).users.get(three.id)?.state).toBe('deactivated');
});

test('an approval counts for one change, under one policy, of an active person', async () => {
  const { own, bob: one, ben: two, carol: three, robot, statement, attempt } = await governed();
  const good = await own.approve(statement, one);
  const vote = await own.approve(statement, two);
  const again = { ...statement, nonce: 'A'.repeat(22) };
  const reject = await own.approve(statement, two, 'REJECT');
  const parsed = JSON.parse(vote.statement);
  const resigned = (other: object) => two.sign({ ...parsed, ...other });
  expect(() => attempt(good, reject)).toThrow(/rejected/);
  const cases: [SignedStatement, RegExp][] = [
    [await own.approve(again, two), /another change/],
    [await resigned({ policyHash: 'ab'.repeat(32) }), /another policy/],
    [await resigned({ approver: three.id }), /another user's/],
    [
      await resigned({ organization: (await TestAuthority.found('other')).state.organization }),
      /another organisation/,
    ],
    [await own.approve(statement, robot), /service account approves nothing/],
    [{ ...vote, signature: good.signature }, /not of this passkey/],
    [await two.sign(statement), /another purpose|approvals/],
  ];
  for (const [bad, reason] of cases) expect(() => attempt(good, bad)).toThrow(reason);
  const many = Array.from({ length: 129 }, () => good);
  expect(() => attempt(...many)).toThrow(/too many/);
  await own.change(own.administrator, 'deactivateUser', two.id, { userId: two.id }, [one, two]);
  expect(() => attempt(good, vote)).toThrow(/not active/);
});

test('a change waits for its approvals no longer than it says', async () => {
  const { own, bob: one, ben: two, statement, attempt } = await governed();
  const first = await own.approve(statement, one);
  own.now = instant(own.now + HOUR_MS);
  const second = await own.approve(statement, two);
  expect(() => attempt(first, second)).toThrow(/expired/);
});

test('a policy under which nobody could ever publish another one is not published', async () => {
  const own = await TestAuthority.found('succession');
  const dan = await own.join('Dan', 'compliance');
  await own.join('Bob', 'treasury-manager');
  await own.join('Ben', 'treasury-manager');
  const shape = { version: 1, governs: 'transfer, policy-change' };
  await expect(own.publish(dan, policyFiles(shape).files)).rejects.toMatchObject({
    code: 'CHANGE_DENIED',
  });
});
