/** What an organisation forgives. On real nodes: `cheating-party.test.ts`. */
import { beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import { type BanName, keyChoiceChange, readmissionChange } from '#mandate/change-input.ts';
import { ProtocolAbort } from '#signing/kernel.ts';
import { type Member, TestAuthority } from '#testing/authority.ts';
import { distrust } from './distrust.ts';
import type { Party } from './party.ts';
import { banInput, pardonedBy } from './readmission.ts';
import type { KeyRecord } from './store.ts';

const record = new Uint8Array(32).fill(7);
const committee = hex(record);
const session = 'cd'.repeat(32);
const BAN: BanName = { by: 1, epoch: 1, session };

let acme: TestAuthority;
let cora: Member;
let keyId: KeyId;

beforeAll(async () => {
  acme = await TestAuthority.found('readmission');
  cora = await acme.join('Cora', 'compliance');
  keyId = await acme.createKey();
});

const readmit = (bans: readonly BanName[], party = 2, of = committee) => {
  const node = { committee: of, party };
  const input = readmissionChange({ ...node, bans });
  return acme.change(acme.administrator, 'readmitNode', nodeSubject(node), input, [cora]);
};

/** Party 1, which has banned party 2 as its log is now. */
function node() {
  const { organization } = acme.state;
  const journal = { appendNow: () => undefined };
  const own = distrust(journal, [], () => acme.state.head.sequence);
  const circle = { organization, epoch: 1, signers: [1, 2, 3] };
  const authority = { find: () => acme.state, pins: () => new Map() };
  const party = { me: 1, committee: { hash: record }, distrust: own, authority };
  const pardon = () =>
    pardonedBy(party as unknown as Party, { organization, keyId } as KeyRecord, circle, [2]).size;
  return { own, circle, pardon, party: party as unknown as Party };
}

const cheat = new ProtocolAbort('cheat', 'MULTIPLY', [2]);
const locked = expect.objectContaining({
  code: 'KEY_LOCKED',
  context: { parties: ['2'], reason: expect.stringContaining('NOT_READMITTED') },
});

test('a ban ends by a change that names it, and by no other one', async () => {
  const { own, circle, pardon, party } = node();
  expect(pardon()).toBe(0);
  own.judge({ purpose: 'sign', circle, sid: session }, cheat);
  expect(pardon).toThrow(locked);
  for (const other of [{ by: 3 }, { epoch: 2 }, { session: 'ef'.repeat(32) }, { session: '' }]) {
    await readmit([{ ...BAN, ...other }]);
    expect(pardon).toThrow(locked);
  }
  await readmit([BAN], 3);
  await readmit([BAN], 2, 'ef'.repeat(32));
  await acme.change(acme.administrator, 'unlockKey', keyId, keyChoiceChange({ keyId }));
  expect(pardon).toThrow(locked);
  const [ban] = own.verdicts();
  if (ban?.kind !== 'ban') throw new Error('there is a ban');
  expect(banInput(party, ban)).toEqual({ committee, party: 2, bans: [BAN] });
  await readmit(banInput(party, ban).bans);
  expect(pardon()).toBe(1);
  // The next one is another, also where nothing else tells it apart.
  own.judge({ purpose: 'sign', circle, sid: session }, cheat);
  expect(pardon).toThrow(locked);
  await readmit([BAN]);
  expect(pardon()).toBe(2);
});

test('an invalid signature of nobody in particular is forgiven by a later unlocking', async () => {
  const { own, circle, pardon } = node();
  const invalid = new ProtocolAbort('inconsistent', 'SIGNATURE_INVALID', []);
  own.judge({ purpose: 'sign', circle: { ...circle, signers: [1, 2] } }, invalid);
  expect(pardon()).toBe(0);
  await readmit([BAN]);
  expect(pardon()).toBe(0);
  await acme.change(acme.administrator, 'unlockKey', keyId, keyChoiceChange({ keyId }));
  expect(pardon()).toBe(1);
});
