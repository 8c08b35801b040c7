/**
 * What a node has found out by itself of what it is asked to sign (`own-decision.ts`). It is never asked
 * to sign a digest: it gets the intent and the unsigned transaction, reads the transaction's own bytes,
 * and hashes them itself.
 */
import type { Payload } from '#chains/adapter.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { NetworkId } from '#core/money.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { Intent } from '#mandate/intent.ts';
import type { Spend as LedgerSpend } from '#mandate/ledger.ts';
import type { KeyRecord } from './store.ts';
import type { WalletKey } from './wallets.ts';

export type Evidence = {
  readonly intent: Intent;
  /** The intent as its initiator signed it: what shows the spend to nodes of a later record. */
  readonly initiator: SignedStatement;
  /** SHA-256 of the intent's canonical text, in hex; of a set-up, which no intent names, its own. */
  readonly intentHash: string;
  /**
   * Whether this is not the payment itself but the set-up that its account needs before the first
   * one: it gives nothing away, and may have to be made again with other bytes.
   */
  readonly isSetUp: boolean;
  /** Where the bytes do not say it themselves: the network to which the key is bound from now on. */
  readonly network?: NetworkId;
  /** The intent's wallet, with the key that this node derives for it. */
  readonly wallet: WalletKey;
  /** What is to be signed, from the transaction's own bytes. */
  readonly payloads: readonly Payload[];
  /** What the node's ledger counts of it; a set-up gives nothing away. */
  readonly spend?: LedgerSpend;
};

/** Under which a set-up is in the journal: its intent stands for the payment alone. */
export const setUpHash = ({ keyId }: KeyRecord, unsigned: Bytes): string =>
  hex(hashOf({ domain: 'countersign/set-up/v1', key: keyId, bytes: hex(unsigned) }));
