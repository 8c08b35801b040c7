/** What an organisation says of signer nodes. */
import { expect, test } from 'vitest';
import { type JournalPlace, readmissionChange, restoreChange } from '#mandate/change-input.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { type Signer, TestAuthority } from '#testing/authority.ts';
import { applyChange } from './apply-change.ts';
import { replay } from './entry.ts';
import { nodeSubject } from './nodes.ts';
import type { SignedChange } from './signed-change.ts';

const committee = 'ab'.repeat(32);
const NODE = { committee, party: 3 };
const SUBJECT = nodeSubject(NODE);
const at = (count: number, digit = 'c'): JournalPlace => ({ count, head: digit.repeat(64) });

/** Ada founded it, Cora keeps the policy, Fin pays. */
async function company() {
  const own = await TestAuthority.found('nodes');
  const cora = await own.join('Cora', 'compliance');
  const fin = await own.join('Fin', 'finance-operator');
  const robot = await own.employ('Robot', 'admin');
  const restore = (by: Signer, approvers: readonly Signer[], lost: readonly JournalPlace[]) =>
    own.change(by, 'restoreNode', SUBJECT, restoreChange({ ...NODE, lost }), approvers);
  return { own, ada: own.administrator, cora, fin, robot, restore };
}

test('two people who may restore a node, and it is restored once', async () => {
  const { own, ada, cora, fin, robot, restore } = await company();
  for (const approvers of [[], [ada], [fin]]) {
    await expect(restore(ada, approvers, [at(9)])).rejects.toMatchObject({
      code: 'CHANGE_NEEDS_APPROVAL',
    });
  }
  for (const by of [fin, robot]) {
    await expect(restore(by, [cora], [at(9)])).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  await restore(ada, [cora], [at(12), at(9), at(9)]);
  expect(own.state.nodes).toEqual(
    new Map([[SUBJECT, { version: 1, restored: [at(9), at(12)], readmitted: [] }]]),
  );
  const { content } = own.entries.at(-1) as { content: SignedChange };
  expect(() => applyChange(own.state, content)).toThrow(
    expect.objectContaining({ code: 'VERSION_CONFLICT' }),
  );
  await restore(cora, [ada], [at(9), at(4, 'd')]);
  expect(own.state.nodes.get(SUBJECT)).toEqual({
    version: 2,
    restored: [at(9), at(12), at(4, 'd'), at(9)],
    readmitted: [],
  });
  expect(replay(own.entries)).toEqual(own.state);
});

test('what names no node, or no places, is no such change', async () => {
  const { own, ada, cora } = await company();
  const good = restoreChange({ ...NODE, lost: [at(9)] });
  const cases: readonly (readonly [string, object])[] = [
    [nodeSubject({ committee, party: 2 }), good],
    [nodeSubject({ committee: 'cd'.repeat(32), party: 3 }), good],
    [SUBJECT, { ...good, party: 0 }],
    [SUBJECT, { ...good, party: '3' }],
    [SUBJECT, { ...good, committee: 'ab' }],
    [SUBJECT, { ...good, lost: [] }],
    [SUBJECT, { ...good, lost: [at(9), at(9)] }],
    [SUBJECT, { ...good, lost: [at(12), at(9)] }],
    [SUBJECT, { ...good, lost: [{ count: 9, head: 'c' }] }],
    [SUBJECT, { ...good, lost: [{ count: 0, head: 'c'.repeat(64) }] }],
    [SUBJECT, { ...good, lost: [9] }],
    [SUBJECT, { ...good, lost: Array.from({ length: 33 }, (_, index) => at(index + 1)) }],
    [SUBJECT, { ...good, more: 1 }],
  ];
  for (const [subject, input] of cases) {
    const asked = own.change(ada, 'restoreNode', subject, input as typeof good, [cora]);
    await expect(asked, JSON.stringify([subject, input])).rejects.toMatchObject({
      code: 'EVIDENCE_REJECTED',
    });
  }
  expect(own.state.nodes.size).toBe(0);
});

test('a policy that governs permissions is asked', async () => {
  const { own, ada, cora, restore } = await company();
  const ben = await own.join('Ben', 'treasury-manager');
  await own.join('Bob', 'treasury-manager');
  const more = `rule nodes "Managers let nodes come back" {
  applies to permission-change
  when    change.kind is "restore-node"
  then    allow with approval by 1 of managers, not by initiator
}
`;
  const governs = 'transfer, permission-change';
  await own.publish(cora, policyFiles({ version: 1, governs, more }).files);
  await expect(restore(ada, [cora], [at(9)])).rejects.toMatchObject({
    code: 'CHANGE_NEEDS_APPROVAL',
  });
  await restore(ada, [ben], [at(9)]);
});

test('a readmission names its bans, and counts from its entry on', async () => {
  const { own, ada, cora } = await company();
  const session = 'ef'.repeat(32);
  const good = readmissionChange({ ...NODE, bans: [{ by: 2, epoch: 1, session }] });
  const readmit = (input: object, ...approvers: Signer[]) =>
    own.change(ada, 'readmitNode', SUBJECT, input as typeof good, approvers);
  await expect(readmit(good)).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  const bad = [
    [],
    [{ by: 0, epoch: 1, session }],
    [{ by: 2, epoch: 0, session }],
    [{ by: 2, epoch: 1, session: 'ef' }],
    [{ by: 2, epoch: 1 }],
    [
      { by: 2, epoch: 1, session },
      { by: 1, epoch: 1, session },
    ],
  ];
  for (const bans of bad) {
    await expect(readmit({ ...good, bans }, cora), JSON.stringify(bans)).rejects.toMatchObject({
      code: 'EVIDENCE_REJECTED',
    });
  }
  await readmit(good, cora);
  const { sequence } = own.state.head;
  expect(own.state.nodes.get(SUBJECT)).toEqual({
    version: 1,
    restored: [],
    readmitted: [{ by: 2, epoch: 1, session, sequence }],
  });
});
