/** A provider of screenings beside the platform, which says what a test tells it to say of an amount. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bytes } from '#core/bytes.ts';
import { HOUR_MS, instant } from '#core/time.ts';
import { type ScreenedPayment, signScreening } from '#mandate/screening-word.ts';

/**
 * `clear` and `hit` are signed by the key that the nodes know. The others tell the platform `clear`: without a
 * signature, under another key, with one for another payment, with one that says `hit`.
 */
export type Saying =
  | 'pending'
  | 'clear'
  | 'hit'
  | 'unsigned'
  | 'forged'
  | 'of another'
  | 'two-faced';

export type ScreeningProvider = {
  readonly url: string;
  /** What it says of payments of this many base units. */
  say(units: string, saying: Saying): void;
  /** How often it was asked about them. */
  asked(units: string): number;
  close(): void;
};

const CLEAR = { alertLevel: 'LOW' };
const HIT = { alertLevel: 'SEVERE' };

const clear = (signed?: object) => ({ status: 'done', ...CLEAR, signed });

/** @param keyFile 32 bytes in hex, read once something is to be signed */
export async function openScreeningProvider(keyFile: string): Promise<ScreeningProvider> {
  const sayings = new Map<string, Saying>();
  const asked = new Map<string, number>();
  const foreign = generateKeyPairSync('ed25519').privateKey;
  let known: KeyObject | undefined;
  const own = (): KeyObject => (known ??= keyIn(keyFile));
  const answer = ({ amount, ...request }: Asked): object => {
    asked.set(amount, (asked.get(amount) ?? 0) + 1);
    const { network, asset, from, to } = request;
    const payment = { network, asset, units: amount, from, to };
    switch (sayings.get(amount)) {
      case 'clear':
        return clear(word(payment, CLEAR, own()));
      case 'hit':
        return { status: 'done', ...HIT, signed: word(payment, HIT, own()) };
      case 'unsigned':
        return clear();
      case 'forged':
        return clear(word(payment, CLEAR, foreign));
      case 'of another':
        return clear(word({ ...payment, units: `${amount}0` }, CLEAR, own()));
      case 'two-faced':
        return clear(word(payment, HIT, own()));
      default:
        return { status: 'pending' };
    }
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify(answer(JSON.parse(body) as Asked))));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/screen`,
    say: (units, saying) => void sayings.set(units, saying),
    asked: (units) => asked.get(units) ?? 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Asked = Omit<ScreenedPayment, 'units'> & { readonly amount: string };

function word(payment: ScreenedPayment, result: { readonly alertLevel: string }, key: KeyObject) {
  const created = instant(Date.now());
  const time = { created, expires: instant(created + HOUR_MS) };
  const signAs = (message: Bytes) => new Uint8Array(sign(null, message, key));
  return signScreening(payment, result, time, signAs);
}

/** Before the 32 bytes of an Ed25519 key (RFC 8410 section 7). */
const PKCS8_PREFIX = '302e020100300506032b657004220420';

const keyIn = (file: string): KeyObject =>
  createPrivateKey({
    key: Buffer.from(PKCS8_PREFIX + readFileSync(file, 'utf8').trim(), 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
