import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Cut, END } from '#mandate/known-spends.ts';
import {
  type Confirmed,
  type Recorded,
  type SpendAgreement,
  spendAgreement,
} from '#mandate/spend-agreement.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type ToldBy, compareSpends, isAlike, recentOf } from './compare-spends.ts';

const SHAPE = { threshold: 3, members: 5 };
const PARTIES = [1, 2, 3, 4, 5];
const MANY = 50_000;
const anything = (): void => undefined;

const spendAt = (created: number): Recorded => ({
  id: createHash('sha256').update(`spend ${created}`).digest('hex'),
  created,
});
const SPENDS = Array.from({ length: MANY }, (_, index) => spendAt(index * 1_000));

type Nodes = ReadonlyMap<PartyId, SpendAgreement<Recorded>>;

/** `lacking` says which spends a party has missed. */
function nodes(lacking: (party: PartyId, index: number) => boolean = () => false): Nodes {
  const made = new Map(PARTIES.map((party) => [party, spendAgreement<Recorded>(SHAPE)]));
  for (const [party, node] of made) {
    for (const [index, spend] of SPENDS.entries()) {
      if (!lacking(party, index)) node.learn(spend);
    }
  }
  return made;
}

const byId = new Map(SPENDS.map((spend) => [spend.id, spend]));

/** As the worker does it: asks, and tells who lacks what, until no two differ. */
function reconcile(among: Nodes, begin: readonly Cut[] = [END]) {
  let untils = begin;
  const learned: number[] = [];
  for (let question = 1; question <= 12; question += 1) {
    const told: ToldBy = new Map([...among].map(([party, node]) => [party, node.tell(untils)]));
    const { missing, finer } = compareSpends(untils, told, question);
    if (missing.size === 0 && finer === undefined) return { question, learned, untils, told };
    for (const [party, ids] of missing) {
      for (const id of ids) {
        const spend = byId.get(id);
        if (spend === undefined) continue;
        among.get(party)?.learn(spend);
        learned.push(spend.created);
      }
    }
    untils = finer ?? [END];
  }
  throw new Error('they never agree');
}

/** What goes into a request to sign. */
const confirmedOf = ({ untils, told }: ReturnType<typeof reconcile>): readonly Confirmed[] =>
  [...told].map(([party, { known, ids }]) => ({
    party,
    known,
    ids: untils.map((until, index) =>
      until === END || !isAlike(told, index) ? (ids[index] ?? []) : [],
    ),
  }));

test('at 50,000 spends what nodes tell a signer is a few kilobytes, and the signer follows it', () => {
  const among = nodes();
  const { told } = reconcile(among);
  const recent = recentOf(told) ?? END;
  const next = spendAt(MANY * 1_000);
  for (const node of among.values()) node.record(next, anything);
  const agreed = reconcile(among, [recent, END]);
  expect(agreed.question).toBe(1);
  const confirmed = confirmedOf(agreed);
  expect(JSON.stringify(confirmed).length).toBeLessThan(32 * 1024);
  // Another payment comes in between, and one whose intent is old.
  for (const created of [MANY * 1_000 + 1, 7]) {
    for (const node of among.values()) node.record(spendAt(created), anything);
  }
  for (const node of among.values()) {
    node.requireAgreed({ id: 'x', recordedBy: PARTIES, confirmed }, anything);
  }
});

test('one spend of 50,000 that a node lacks is found in a few questions', () => {
  const among = nodes((party, index) => party === 4 && index === 12_345);
  const confirmed = [...among].map(([party, node]) => ({ party, ...node.tell([END]) }));
  const refusal = () =>
    among.get(4)?.requireAgreed({ id: 'x', recordedBy: PARTIES, confirmed }, anything);
  expect(refusal).toThrow(/SPENDS_DIFFER|4 of 5/);
  const { question, learned } = reconcile(among);
  expect(learned).toEqual([12_345_000]);
  expect(question).toBeLessThanOrEqual(5);
});

test('a node that has missed the last thousand is told all of them, and none twice', () => {
  const among = nodes((party, index) => party === 2 && index >= MANY - 1_000);
  const { learned } = reconcile(among);
  expect(learned.toSorted((a, b) => a - b)).toEqual(
    SPENDS.slice(MANY - 1_000).map(({ created }) => created),
  );
});

const liar = (untils: readonly Cut[]) => {
  const known = untils.map((until) => ({ until, count: 10 ** 9, digest: 'ff'.repeat(32) }));
  const nothing = untils.map(() => []);
  return { known, ids: nothing, splits: untils.map(() => ['000', '001']), recent: '000' };
};

test('a liar that cuts ranges nowhere does not keep the others from finding what they lack', () => {
  const among = nodes((party, index) => party === 1 && index === 30_000);
  let untils: readonly Cut[] = [END];
  for (let question = 1; question <= 12; question += 1) {
    const told: ToldBy = new Map(
      [...among].map(([party, node]) => [party, party === 5 ? liar(untils) : node.tell(untils)]),
    );
    const { missing, finer } = compareSpends(untils, told, question);
    for (const [party, ids] of missing) {
      for (const id of ids) among.get(party)?.learn(byId.get(id) as Recorded);
    }
    untils = finer ?? [END];
  }
  expect(among.get(1)?.find(spendAt(30_000_000).id)).toBeDefined();
});
