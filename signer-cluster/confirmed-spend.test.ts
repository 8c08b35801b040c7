/** Where a quorum is not all nodes: 3 of 5, of which four must have each payment in writing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import type { Wallet } from '#testing/paying-company-log.ts';
import { type SignerTeam, askAlone, createWallet, signerTeam } from '#testing/signers.ts';

let team: SignerTeam;
let cluster: SignerCluster;
let acme: PayingCompany;
const mandates: Mandate[] = [];

beforeAll(async () => {
  team = await signerTeam(5, 3);
  cluster = clusterOver(team.links(), { info: () => undefined, warn: () => undefined });
  const begin = Date.now();
  // Time passes between its payments, so that the later ones are newer than what a restarted node had heard.
  let ticks = 0;
  acme = await PayingCompany.open('confirmed spends', instant(begin - MINUTE_MS), () =>
    instant(begin + (ticks += 1)),
  );
  acme.notaries = team.house.trusted.notaries.keys;
  const { organization, head } = acme.state;
  const { receipts } = await cluster.bringAuthority({
    organization,
    head: acme.authority.state.head,
    entries: async (from, max) =>
      acme.authority.entries.slice(from, from + max).map(({ content }) => contentText(content)),
  });
  expect(receipts, `${head.sequence} entries`).toHaveLength(5);
  for (const name of ['spent', 'operations'] as const) {
    const wallet = acme.wallets[name];
    await createWallet(cluster, { keyId: keyOf(name), wallet, organization });
  }
});

afterAll(async () => {
  cluster?.close();
  await team?.close();
});

const keyOf = (wallet: Wallet) => acme.own(wallet).key.keyId;

async function pay(wallet: Wallet, dollars: bigint) {
  const approvers = dollars > 10_000n ? {} : { approvers: [] };
  const { mandate } = await acme.pay({ wallet, units: usdc(dollars), ...approvers });
  mandates.push(mandate);
  return { mandate, agreement: await agree(mandate, wallet) };
}

const agree = (mandate: Mandate, wallet: Wallet) =>
  cluster.agree({
    keyId: keyOf(wallet),
    mandate,
    authority: acme.authority.state.head.sequence,
    mandatesOf: async () => mandates,
  });

const untilAnswering = async (parties: readonly number[]): Promise<void> => {
  for (;;) {
    const health = await cluster.health();
    const answering = health.filter(({ isStanding }) => isStanding).map(({ party }) => party);
    if (answering.join() === parties.join()) return;
  }
};

test('a node that missed a payment learns of it before the next one is confirmed', async () => {
  await team.kill(5);
  await untilAnswering([1, 2, 3, 4]);
  const first = await pay('spent', 200_000n);
  expect(first.agreement.receipts).toHaveLength(4);
  expect(first.agreement.confirmations).toHaveLength(4);
  await team.revive(5);
  // It gives no word before all others have said where they last heard it.
  await untilAnswering([1, 2, 3, 4, 5]);
  await team.kill(1);
  await untilAnswering([2, 3, 4, 5]);
  const second = await pay('spent', 40_000n);
  expect(second.agreement.confirmations.map(({ ids }) => ids.flat().length)).toEqual([2, 2, 2, 2]);
  const signed = await cluster.sign({ keyId: keyOf('spent'), ...second });
  expect(signed.signatures).toHaveLength(1);
  // The first one counts everywhere by now, at the node that missed it too.
  await team.revive(1);
  await untilAnswering([1, 2, 3, 4, 5]);
  await team.kill(4);
  await untilAnswering([1, 2, 3, 5]);
  await expect(pay('spent', 20_000n)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
});

test('receipts without confirmations, or with those of another payment, are not enough', async () => {
  await team.revive(4);
  await untilAnswering([1, 2, 3, 4, 5]);
  const { mandate, agreement } = await pay('operations', 10n);
  const { agreement: other } = await pay('operations', 11n);
  for (const confirmations of [[], agreement.confirmations.slice(2), other.confirmations]) {
    const attempt = {
      keyId: keyOf('operations'),
      mandate,
      agreement: { ...agreement, confirmations },
    };
    await expect(cluster.sign(attempt)).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  }
  const signed = await cluster.sign({ keyId: keyOf('operations'), mandate, agreement });
  expect(signed.signatures).toHaveLength(1);
});

test('a payment that one node has in writing and the others refuse stops counting there', async () => {
  const keyId = keyOf('operations');
  const { mandate } = await acme.pay({ wallet: 'operations', units: usdc(200_000n) });
  const [link] = team.links();
  const { sequence: authority } = acme.authority.state.head;
  const open = { purpose: 'reserve', keyId, mandate: mandateFields(mandate), authority } as const;
  const [accepted] = await askAlone(link as NonNullable<typeof link>, open);
  expect(accepted).toMatchObject({ type: 'accepted' });
  // Confirmed by nobody: as far as the first node knows it may still be.
  expect(await cluster.release({ keyId, mandate })).toBe(true);
  await team.kill(1);
  await team.revive(1);
  await untilAnswering([1, 2, 3, 4, 5]);
  await expect(agree(mandate, 'operations')).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  const { agreement, mandate: next } = await pay('operations', 240_000n);
  expect(agreement.receipts).toHaveLength(5);
  expect((await cluster.sign({ keyId, mandate: next, agreement })).signatures).toHaveLength(1);
  // Two of the five, at least, may have let a share go.
  expect(await cluster.release({ keyId, mandate: next })).toBe(false);
});
