/**
 * Organisations for the tests of signer nodes: each has a real authority log, with a payer whose key signs
 * every intent of `signing-request.ts` and a policy that lets each payment pass. What a test has nodes
 * do with a key or a wallet is ordered here first.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { findNetwork, NETWORKS } from '#chains/registry.ts';
import { schemeOf } from '#chains/scheme.ts';
import { base64url, utf8 } from '#core/bytes.ts';
import { canonicalText, type Statement } from '#core/canonical.ts';
import { ID_PREFIXES, type KeyId, type OrganizationId, type WalletId, parseId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { ChangeOperation } from '#mandate/authority/kinds.ts';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import { ownKeyOf } from '#mandate/authority/wallets.ts';
import type { ChangeInput } from '#mandate/change.ts';
import {
  keyChange,
  keyChoiceChange,
  readmissionChange,
  restoreChange,
  serviceAccountChange,
  walletChange,
} from '#mandate/change-input.ts';
import { PAYMENT } from '#mandate/fixtures.ts';
import { nextPath } from '#mandate/key-path.ts';
import { serviceKeyInfo } from '#mandate/service-key.ts';
import { bundleHash } from '#policy-lang/bundle-files.ts';
import { type Signer, signWithKey, TestAuthority } from './authority.ts';
import type { Readmission, Restoration } from './restored.ts';

/** The program that pays in all of them is `PAYMENT.initiator`. */
const PAYER = sha256(utf8('the key of the program that pays'));
const PAYER_KEY = serviceKeyInfo({ curve: 'Ed25519', x: ed25519.getPublicKey(PAYER) });

/** As the payer signs it. */
export const signAsPayer = (statement: Statement): SignedStatement =>
  signWithKey(statement, PAYER, base64url(sha256(PAYER_KEY)));

const POLICY = [
  {
    path: 'everything.policy',
    content: `policy "Everything" {
  version    1
  effective  from 2020-01-01T00:00 UTC
  owner      "compliance@acme.example"
  governs    transfer, allowance, sign-message
  otherwise  block "No rule allows this transfer"
}

rule all "Every payment of a wallet for payments" {
  when    wallet tagged "payments"
  then    allow
  because "Nodes are tested, and not what they let pass"
}
`,
  },
];

/** The policy of all of them, as a mandate names it. */
export const OPEN_POLICY = { hash: bundleHash(POLICY), version: 1 } as const;

const SCHEMES = new Set<Scheme>(NETWORKS.map(schemeOf));
const networkOf = (scheme: Scheme): string =>
  findNetwork(scheme === 'frost-ed25519' ? 'local-solana' : 'local-evm').id;

/** More wallets than any test opens on a key to come to a path. */
const WALLETS_MAX = 20;

export class TestOrganization {
  readonly authority: TestAuthority;
  private readonly publisher: Signer;
  /** One change at a time: each continues the log that the one before has left. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(authority: TestAuthority, publisher: Signer) {
    this.authority = authority;
    this.publisher = publisher;
  }

  /** With its first administrator, a publisher, the policy and the payer. */
  static async found(id: OrganizationId): Promise<TestOrganization> {
    const authority = await TestAuthority.found(id, instant(Date.now() - MINUTE_MS), id);
    const cora = await authority.join('Cora', 'compliance');
    await authority.publish(cora, POLICY);
    const payer = serviceAccountChange({
      name: 'Payer',
      roles: ['finance-operator'],
      publicKey: base64url(PAYER_KEY),
    });
    const { administrator } = authority;
    await authority.change(administrator, 'createServiceAccount', PAYMENT.initiator, payer);
    return new TestOrganization(authority, cora);
  }

  /** A key, and with it the wallet of the same number, where any network takes keys of the scheme. */
  orderKey(keyId: KeyId, scheme: Scheme): Promise<void> {
    return this.inTurn(async () => {
      if (this.authority.state.keys.has(keyId)) return;
      const wallet = parseId('wallet', ID_PREFIXES.wallet + keyId.slice(ID_PREFIXES.key.length));
      if (!SCHEMES.has(scheme)) {
        const input = keyChange({ name: 'Treasury', scheme, externalId: '' });
        await this.change('createKey', keyId, input);
      } else await this.openWallet(wallet, networkOf(scheme));
    });
  }

  /** A wallet of the key at this path, if the log can give it one there; it fills the paths before. */
  orderWallet(wallet: WalletId, keyId: KeyId, path: string): Promise<void> {
    return this.inTurn(async () => {
      const { authority } = this;
      const key = authority.state.keys.get(keyId);
      if (key === undefined || !SCHEMES.has(key.scheme)) return;
      if (!isReached(authority, keyId, networkOf(key.scheme), path)) return;
      for (let opened = 0; opened < WALLETS_MAX; opened += 1) {
        if (authority.state.wallets.has(wallet)) return;
        const network = networkOf(key.scheme);
        const isNext = nextPathOf(authority, keyId, network) === path;
        await this.openWallet(isNext ? wallet : authority.newId('wallet'), network, keyId);
      }
    });
  }

  /** What a change says about a key, once for each input. */
  order(operation: ChangeOperation, keyId: KeyId, input: ChangeInput): Promise<void> {
    return this.inTurn(async () => {
      const order = this.authority.state.keys.get(keyId)?.order;
      const isOrdered =
        order?.operation === operation && canonicalText(order.input) === canonicalText(input);
      // A key is taken in once.
      const isOver = order !== undefined && operation === 'importKey';
      if (!isOrdered && !isOver) await this.change(operation, keyId, input);
    });
  }

  /** What nodes need beside their operators' word after an invalid signature. */
  unlock(keyId: KeyId): Promise<void> {
    return this.inTurn(() => this.change('unlockKey', keyId, keyChoiceChange({ keyId })));
  }

  /** What nodes need beside their operators' word before they work with a node whose disk was put back. */
  restore(node: Restoration): Promise<void> {
    const subject = nodeSubject(node);
    return this.inTurn(() =>
      this.change('restoreNode', subject, restoreChange(node), [this.publisher]),
    );
  }

  /** The same before a party that others have banned takes part again. */
  readmit(node: Readmission): Promise<void> {
    const subject = nodeSubject(node);
    return this.inTurn(() =>
      this.change('readmitNode', subject, readmissionChange(node), [this.publisher]),
    );
  }

  private async openWallet(
    wallet: WalletId,
    network: string,
    keyId: KeyId | '' = '',
  ): Promise<void> {
    const own = { network, name: 'Operations', tags: ['payments'], externalId: '' };
    const isOwn =
      keyId === '' || (keyId === ownKeyOf(wallet) && !this.authority.state.keys.has(keyId));
    await this.change('createWallet', wallet, walletChange({ ...own, keyId: isOwn ? '' : keyId }));
  }

  private async change(
    operation: ChangeOperation,
    subject: string,
    input: ChangeInput,
    approvers: readonly Signer[] = [],
  ): Promise<void> {
    const { authority } = this;
    authority.now = instant(Date.now());
    await authority.change(authority.administrator, operation, subject, input, approvers);
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function nextPathOf({ state }: TestAuthority, keyId: KeyId, network: string): string | undefined {
  const taken = [...state.wallets.values()].filter(({ key }) => key === keyId);
  const paths = taken.map(({ path }) => path);
  // On Solana one key has one wallet.
  if (network === 'local-solana' && paths.length > 0) return undefined;
  return nextPath(findNetwork(network), paths);
}

/** Whether the next paths of the key come to this one. */
function isReached(authority: TestAuthority, keyId: KeyId, network: string, path: string): boolean {
  const next = nextPathOf(authority, keyId, network);
  if (next === undefined || next === path) return next === path;
  const account = next.slice(0, next.lastIndexOf('/') + 1);
  const index = path.startsWith(account) ? Number(path.slice(account.length)) : Number.NaN;
  const first = Number(next.slice(account.length));
  return Number.isSafeInteger(index) && index > first && index - first < WALLETS_MAX;
}
