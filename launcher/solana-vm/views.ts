/** Accounts, transactions and blocks as a node of Solana shows them. */
import { base58 } from '@scure/base';
import { TOKEN_PROGRAM } from '#chains/solana/programs.ts';
import { formatDecimal } from '#core/money.ts';
import type { Address, Executed, SolanaChain } from './chain.ts';
import type { TokenBalance } from './genesis.ts';
import { CODE, type Options, RpcError, bad, base64 } from './parameters.ts';

const SIGNATURES_MAX = 1_000;
const TOKEN_DECIMALS = 6;

/** An account, or null where there is none: one without lamports is none. */
export function accountView(
  { svm }: SolanaChain,
  address: Address,
  { encoding = 'base64', dataSlice }: Options,
): object | null {
  const account = svm.getAccount(address);
  if (!account.exists || account.lamports === 0n) return null;
  const { offset = 0, length = account.data.length } = dataSlice ?? {};
  const data = account.data.slice(offset, offset + length);
  return {
    lamports: account.lamports,
    owner: account.programAddress,
    executable: account.executable,
    rentEpoch: 0,
    space: account.data.length,
    data: encoding === 'base58' ? [base58.encode(data), 'base58'] : [base64(data), 'base64'],
  };
}

export function statusView(chain: SolanaChain, signature: string): object | null {
  const executed = chain.find(signature);
  if (executed === undefined) return null;
  const { slot, failure } = executed;
  const status = failure === null ? { Ok: null } : { Err: failure };
  return { slot, confirmations: null, err: failure, status, confirmationStatus: 'finalized' };
}

export function signaturesFor(
  chain: SolanaChain,
  address: string,
  options: Options,
): readonly object[] {
  const limit = Math.min(options.limit ?? SIGNATURES_MAX, SIGNATURES_MAX);
  const found: object[] = [];
  let isPast = options.before === undefined;
  for (const { signature, slot, at, failure, wire } of chain.executed()) {
    if (isPast && wire.accounts.includes(address)) {
      const times = { slot, blockTime: at, confirmationStatus: 'finalized' };
      found.push({ signature, ...times, err: failure, memo: null });
    }
    if (signature === options.before) isPast = true;
    if (found.length === limit) break;
  }
  return found;
}

/** Every token of this chain is the test token, with its six decimals. */
export function amountView(units: bigint) {
  const uiAmountString = formatDecimal(units, TOKEN_DECIMALS).replaceAll(',', '');
  const amount = units.toString();
  return { amount, decimals: TOKEN_DECIMALS, uiAmount: Number(uiAmountString), uiAmountString };
}

const tokenView = ({ accountIndex, mint, owner, units }: TokenBalance) => ({
  accountIndex,
  mint,
  owner,
  programId: TOKEN_PROGRAM,
  uiTokenAmount: amountView(units),
});

export function transactionView(executed: Executed, { encoding = 'json' }: Options) {
  const { raw, at, fee, before, after, logs, unitsConsumed, failure, wire } = executed;
  return {
    blockTime: at,
    version: wire.isVersioned ? 0 : 'legacy',
    transaction: encoding === 'json' ? jsonView(executed) : encoded(raw, encoding),
    meta: {
      err: failure,
      status: failure === null ? { Ok: null } : { Err: failure },
      fee,
      preBalances: before,
      postBalances: after,
      innerInstructions: [],
      logMessages: logs,
      preTokenBalances: executed.tokensBefore.map(tokenView),
      postTokenBalances: executed.tokensAfter.map(tokenView),
      rewards: [],
      loadedAddresses: { writable: [], readonly: [] },
      computeUnitsConsumed: unitsConsumed,
    },
  };
}

function encoded(raw: Uint8Array, encoding: string): readonly string[] {
  if (encoding === 'base64') return [base64(raw), encoding];
  if (encoding === 'base58') return [base58.encode(raw), encoding];
  throw bad(`the encoding ${encoding} is not offered`);
}

function jsonView({ wire }: Executed) {
  const [signers, readonlySigners, readonlyOthers] = wire.header;
  return {
    signatures: wire.signatures.map((bytes) => base58.encode(bytes)),
    message: {
      accountKeys: wire.accounts,
      header: {
        numRequiredSignatures: signers,
        numReadonlySignedAccounts: readonlySigners,
        numReadonlyUnsignedAccounts: readonlyOthers,
      },
      recentBlockhash: wire.lifetime,
      instructions: wire.instructions.map(({ programIdIndex, accounts, data }) => ({
        programIdIndex,
        accounts,
        data: base58.encode(data),
        stackHeight: null,
      })),
    },
  };
}

export function blockView(chain: SolanaChain, slot: number, options: Options): object {
  const block = chain.block(slot);
  if (block === undefined) throw new RpcError(CODE.noBlock, `Block not available for slot ${slot}`);
  const { hash, previousHash, at, executed } = block;
  const common = {
    blockhash: hash,
    previousBlockhash: previousHash,
    parentSlot: Math.max(slot - 1, 0),
    blockHeight: slot,
    blockTime: at,
  };
  const listed = executed === undefined ? [] : [executed];
  switch (options.transactionDetails ?? 'full') {
    case 'none':
      return common;
    case 'signatures':
      return { ...common, signatures: listed.map(({ signature }) => signature) };
    default:
      return { ...common, transactions: listed.map((each) => transactionView(each, options)) };
  }
}
