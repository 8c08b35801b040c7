/**
 * A payment from a Taproot output by key path, signed by two of three shares and judged by a full node.
 * The shares sign in the simulator: signer nodes sign only what they decode, and there is no adapter of
 * Bitcoin's family yet.
 */
import { RawTx, SigHash, Transaction } from '@scure/btc-signer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { type Point, decodePoint } from '#signing/curve.ts';
import { derive } from '#signing/derivation.ts';
import { flipBit, outputsOf } from '#signing/simulator.ts';
import { NO_SCRIPTS, taprootOutput } from '#signing/taproot.ts';
import { type Litecoind, litecoindMissing, startLitecoind } from '#testing/litecoind.ts';
import type { FrostKeyShare } from './key-share.ts';
import { simulatedFrostKey, simulatedFrostSigning } from './simulated-keys.ts';

const SEED = 'frost/taproot-payment.test';
/** A mined output may be spent after a hundred more blocks. */
const MATURITY = 100;
const FEE = 10_000n;

type Block = { readonly tx: readonly { readonly txid: string; readonly hex: string }[] };

describe.skipIf(litecoindMissing !== '')(`a Taproot payment${litecoindMissing}`, () => {
  let running: Litecoind | undefined;
  const node = (): Litecoind => running as Litecoind;

  beforeAll(async () => {
    running = await startLitecoind();
  });

  afterAll(() => running?.stop());

  const shares = simulatedFrostKey(SEED, 'frost-secp256k1', 3, 2);
  const { publicKey, chainCode } = shares.get(1) as FrostKeyShare;

  /** The output key of a wallet at a path. */
  const walletAt = (path: string) => {
    const child = derive(publicKey, chainCode, path);
    return { ...child, ...taprootOutput(decodePoint(child.publicKey) as Point) };
  };

  /** Mines blocks whose reward goes to a script; their hashes. */
  async function mineTo(script: Bytes, blocks: number): Promise<readonly string[]> {
    const raw = `raw(${hex(script)})`;
    const { checksum } = await node().call<{ checksum: string }>('getdescriptorinfo', raw);
    return node().call('generatetodescriptor', blocks, `${raw}#${checksum}`);
  }

  test('is accepted by litecoind, and refused with any one bit of its signature turned', async () => {
    const [payer, payee] = [walletAt('m/0/7'), walletAt('m/0/8')];
    const [funding] = await mineTo(payer.script, 1 + MATURITY);
    const { tx } = await node().call<Block>('getblock', funding, 2);
    const [{ txid, hex: coinbase }] = tx as [Block['tx'][number]];
    const amount = RawTx.decode(parseHex(coinbase)).outputs[0]?.amount as bigint;

    const payment = new Transaction();
    payment.addInput({ txid, index: 0, witnessUtxo: { script: payer.script, amount } });
    payment.addOutput({ script: payee.script, amount: amount - FEE });
    const message = payment.preimageWitnessV1(0, [payer.script], SigHash.DEFAULT, [amount]);
    const [signature] = outputsOf(
      simulatedFrostSigning({
        seed: SEED,
        shares,
        signers: [1, 3],
        message,
        tweak: payer.tweak,
        merkleRoot: NO_SCRIPTS,
      }),
    ).values();
    const signedWith = (witness: Bytes): string => {
      const signed = payment.clone();
      signed.updateInput(0, { finalScriptWitness: [witness] });
      return hex(signed.extract());
    };

    for (const bit of [0, 131, 255, 256, 400, 511]) {
      const spoiled = signedWith(flipBit(signature as Bytes, bit));
      const sent = node().call('sendrawtransaction', spoiled);
      await expect(sent, `bit ${bit}`).rejects.toThrow(/Invalid Schnorr signature/);
      // Not its policy alone but consensus: a block that contains it is no block.
      const mined = node().call('generateblock', `raw(${hex(payee.script)})`, [spoiled]);
      await expect(mined, `bit ${bit}`).rejects.toThrow(/TestBlockValidity failed/);
    }

    const raw = signedWith(signature as Bytes);
    const sentId = await node().call<string>('sendrawtransaction', raw);
    const [block] = await mineTo(payee.script, 1);
    const { tx: mined } = await node().call<Block>('getblock', block, 2);
    expect(mined.map((one) => one.txid)).toContain(sentId);
  });
});
