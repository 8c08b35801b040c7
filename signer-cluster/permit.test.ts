import { Contract, JsonRpcProvider, Signature, TypedDataEncoder, verifyTypedData } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployTestUsdc, TEST_USDC_ADDRESS } from '#chains/evm/local.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { SigningRequest } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import artefact from '#contracts/TestUSDC.json' with { type: 'json' };
import { hex, utf8 } from '#core/bytes.ts';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { type Anvil, startAnvil } from '#testing/anvil.ts';
import { paymentIntent, permitRequest, requestFor } from '#testing/signing-request.ts';
import { createWallet, type SignerTeam, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet, units, recipient: spender } = PAYMENT;
const keyId = idOf('key');
const local = findNetwork('local-evm');
const verbs = verbsOf(local);

let anvil: Anvil;
let team: SignerTeam;
let cluster: SignerCluster;
let owner: string;

beforeAll(async () => {
  anvil = await startAnvil();
  await deployTestUsdc(anvil.url);
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  const { publicKey } = await createWallet(cluster, { keyId, organization, wallet });
  owner = verbs.address(publicKey);
});

afterAll(async () => {
  await team.close();
  await anvil.stop();
});

async function sign(mandate: SigningRequest): Promise<string> {
  const { signatures } = await cluster.sign({ keyId, mandate });
  const { raw } = verbs.seal(local, mandate.unsigned, signatures, owner);
  return `0x${hex(raw)}`;
}

test('a permit that three nodes have judged is what the token takes, once', async () => {
  const mandate = permitRequest(owner);
  const signature = await sign(mandate);
  const text = new TextDecoder().decode(mandate.unsigned);
  const { domain, types, message } = JSON.parse(text) as {
    readonly domain: object;
    readonly types: Record<string, { name: string; type: string }[]>;
    readonly message: { readonly deadline: string };
  };
  const { EIP712Domain: _, ...own } = types;
  expect(verifyTypedData(domain, own, message, signature)).toBe(owner);
  expect(TypedDataEncoder.hash(domain, own, message)).toBe(
    `0x${hex(verbs.payloads(local, mandate.unsigned)[0]!.digest)}`,
  );
  const provider = new JsonRpcProvider(anvil.url);
  const token = new Contract(TEST_USDC_ADDRESS, artefact.abi, await provider.getSigner());
  const { v, r, s } = Signature.from(signature);
  const permit = token.getFunction('permit');
  const execute = async () =>
    (await permit(owner, spender, units, message.deadline, v, r, s)).wait();
  await execute();
  expect(await token.getFunction('allowance')(owner, spender)).toBe(units);
  expect(await token.getFunction('nonces')(owner)).toBe(1n);
  await expect(execute()).rejects.toMatchObject({ code: 'CALL_EXCEPTION' });
  provider.destroy();
});

test('one intent is one permit, and no transaction; the intent of a payment signs no permit', async () => {
  const first = permitRequest(owner, { externalId: 'one' });
  await sign(first);
  const { intent, initiator } = first;
  const other = permitRequest(owner, { externalId: 'one', nonce: 1n });
  for (const unsigned of [other.unsigned, requestFor(paymentIntent()).unsigned]) {
    await expect(
      cluster.sign({ keyId, mandate: { ...first, intent, initiator, unsigned } }),
    ).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  }
  const payment = requestFor(paymentIntent({ externalId: 'two' }));
  await expect(
    cluster.sign({ keyId, mandate: { ...payment, unsigned: first.unsigned } }),
  ).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
    context: expect.objectContaining({ field: 'kind' }),
  });
});

test.each<[string, (mandate: SigningRequest) => SigningRequest, RegExp]>([
  [
    'a personal message',
    (mandate) => ({ ...mandate, unsigned: utf8('\u0019Ethereum Signed Message:\n2hi') }),
    /not an EIP-1559 transaction/,
  ],
  [
    'a bare digest',
    (mandate) => ({ ...mandate, unsigned: new Uint8Array(32).fill(7) }),
    /not an EIP-1559 transaction/,
  ],
  ['a permit of somebody else', () => permitRequest(spender), /a permit of 0x/],
  [
    'a permit without a bound, which the policy does not name',
    () => permitRequest(owner, { units: UNLIMITED_UNITS }),
    /does not govern the activity "unlimited-allowance"/,
  ],
])('nodes refuse %s', async (_, change, reason) => {
  const mandate = change(permitRequest(owner, { externalId: 'three' }));
  await expect(cluster.sign({ keyId, mandate })).rejects.toThrow(reason);
});
