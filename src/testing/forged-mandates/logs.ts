/** Proofs of the audit log that do not show what they must: that a quorum of nodes has seen the request. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { newId } from '#core/ids.ts';
import { type LogProof, logProofText } from '#mandate/log-proof.ts';
import { type SignedNote, parseNote, printNote } from '#mandate/signed-note.ts';
import { type Keys, proveLogged } from '#testing/logged.ts';
import type { Payment, PayingCompany } from '#testing/paying-company.ts';
import { type Draw, type Forgery, forged } from './forgery.ts';

type Proven = LogProof['entries'][number];

/** An honest payment with another proof. */
const proving = (
  kind: string,
  field: string,
  reason: RegExp,
  proof: (
    company: PayingCompany,
    payment: Payment,
    draw: Draw,
  ) => LogProof | string | Promise<LogProof>,
): Forgery => ({
  kind,
  field,
  reason,
  async make(company, draw) {
    const payment = await company.pay({ units: draw.units });
    const shown = await proof(company, payment, draw);
    return forged(payment, { log: typeof shown === 'string' ? shown : logProofText(shown) });
  },
});

/** The honest proof with one of its entries replaced. */
const entered = (
  kind: string,
  reason: RegExp,
  change: (entry: Proven, draw: Draw, all: LogProof['entries']) => Proven,
): Forgery =>
  proving(kind, 'log', reason, (company, { mandate }, draw) => {
    const { checkpoint, entries } = company.proof(mandate);
    const at = draw.int(entries.length);
    const entry = change(entries[at] as Proven, draw, entries);
    return { checkpoint, entries: entries.with(at, entry) };
  });

/** The honest proof under other signature lines. */
const cosigned = (
  kind: string,
  reason: RegExp,
  change: (note: SignedNote, draw: Draw, proof: (keys: Keys) => LogProof) => SignedNote,
): Forgery =>
  proving(kind, 'checkpoint', reason, (company, { mandate }, draw) => {
    const proof = company.proof(mandate);
    const other = (keys: Keys) => company.proof(mandate, keys);
    const note = change(parseNote(proof.checkpoint), draw, other);
    return { ...proof, checkpoint: printNote(note) };
  });

const strangers = (draw: Draw): Keys =>
  new Map(
    [1, 2, 3].map((party) => {
      const secret = draw.bytes(32);
      const sign = (message: Bytes) => ed25519.sign(message, secret);
      return [party, { publicKey: ed25519.getPublicKey(secret), sign }];
    }),
  );

const NOT_IN = /entry \d+ is not in the log/;
const TOO_FEW = /\d nodes cosigned it, and \d must/;

export const LOGS: readonly Forgery[] = [
  {
    kind: 'no proof of the audit log',
    field: 'log',
    reason: /no proof that the audit log/,
    async make(company, draw) {
      const { wallet, mandate } = await company.pay({ units: draw.units });
      const { log: _, ...unlogged } = mandate;
      return { wallet, mandate: unlogged };
    },
  },
  proving('a proof that is no text of one', 'log', /canonical|object|awaited/, (_, __, draw) =>
    draw.pick([
      '{}',
      '[]',
      'null',
      '{"entries":[],"checkpoint":""}',
      'a proof',
      '{"checkpoint":1.5}',
    ]),
  ),
  proving('the proof of another request', 'log', /does not hold the request/, async (company) =>
    company.proof((await company.pay()).mandate),
  ),
  proving('a log that holds no vote', 'log', /does not hold every vote/, (company, { mandate }) =>
    company.proof({ ...mandate, approvals: [] }),
  ),
  proving(
    'a log that holds one vote of two',
    'log',
    /does not hold every vote/,
    (company, payment) =>
      company.proof({ ...payment.mandate, approvals: payment.mandate.approvals.slice(1) }),
  ),
  proving(
    'votes that the log holds and the proof leaves out',
    'log',
    /every vote/,
    (company, one) => {
      const proof = company.proof(one.mandate);
      return { ...proof, entries: proof.entries.slice(0, 1) };
    },
  ),
  proving(
    'the audit log of another organisation',
    'checkpoint',
    /another log/,
    (company, one, draw) => {
      const organization = newId('organization', company.now, draw.bytes(10));
      const { initiator, approvals } = one.mandate;
      return proveLogged({ organization, initiator, approvals }, company.notaries, company.now);
    },
  ),
  proving("another request's tree", 'log', NOT_IN, async (company, { mandate }) => {
    const { checkpoint } = company.proof((await company.pay()).mandate);
    return { ...company.proof(mandate), checkpoint };
  }),
  cosigned('a checkpoint with one cosignature too few', TOO_FEW, ({ text, signatures }, draw) => ({
    text,
    signatures: signatures.toSpliced(draw.int(signatures.length), 1),
  })),
  cosigned('a node that cosigned twice in the place of another', TOO_FEW, (note, draw) => {
    const at = draw.int(note.signatures.length);
    const [twice] = note.signatures.toSpliced(at, 1);
    return { ...note, signatures: note.signatures.with(at, twice ?? note.signatures[0]!) };
  }),
  cosigned('a cosignature with a bit turned', TOO_FEW, (note, draw) => {
    const at = draw.int(note.signatures.length);
    const line = note.signatures[at]!;
    const signature = draw.flipped(line.signature);
    return { ...note, signatures: note.signatures.with(at, { ...line, signature }) };
  }),
  cosigned('cosignatures of nobody in the committee', TOO_FEW, (_, draw, other) =>
    parseNote(other(strangers(draw)).checkpoint),
  ),
  cosigned('cosignatures under the name of a node by another key', TOO_FEW, (note, draw, other) => {
    const { signatures } = parseNote(other(strangers(draw)).checkpoint);
    const at = draw.int(signatures.length);
    const line = { ...signatures[at]!, keyId: note.signatures[at]!.keyId };
    return { ...note, signatures: note.signatures.with(at, line) };
  }),
  entered('an inclusion proof with a bit turned', NOT_IN, ({ proof, ...rest }, draw) => {
    const at = draw.int(proof.length);
    const hash = hex(draw.flipped(parseHex(proof[at] ?? '')));
    return { ...rest, proof: proof.with(at, hash) };
  }),
  entered('an inclusion proof that is cut short', NOT_IN, ({ proof, ...rest }) => ({
    ...rest,
    proof: proof.slice(0, -1),
  })),
  entered('an entry with the proof of another place', NOT_IN, ({ entry, ...rest }) => ({
    ...rest,
    entry: { ...entry, sequence: entry.sequence + 1 },
  })),
  entered('an entry beyond the end of the tree', NOT_IN, ({ entry, ...rest }, draw) => ({
    ...rest,
    entry: { ...entry, sequence: 1_000 + draw.int(9_999) },
  })),
  entered('an entry with particulars that it does not commit to', NOT_IN, (one, draw) => ({
    ...one,
    detail: { ...one.detail, evidence: hex(draw.bytes(32)) },
  })),
  entered('an entry of another action', NOT_IN, ({ entry, ...rest }) => ({
    ...rest,
    entry: { ...entry, action: `${entry.action}.not` },
  })),
];
