/** Every protocol of the signing floor, with the end that each of its fields must lead to. */
import { utf8 } from '#core/bytes.ts';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import { keygen } from '#signing/dkls/keygen.ts';
import { ONLINE_ROUNDS } from '#signing/dkls/online.ts';
import { PAIR_ROUNDS, setUpPairs } from '#signing/dkls/pairs.ts';
import { PRESIGN_ROUNDS } from '#signing/dkls/presign.ts';
import { sign } from '#signing/dkls/sign.ts';
import { frostKeygen } from '#signing/frost/create-key.ts';
import type { FrostKeyShare } from '#signing/frost/key-share.ts';
import { frostSign, signRounds } from '#signing/frost/sign.ts';
import { simulatedFrostKey } from '#signing/frost/simulated-keys.ts';
import type { FrostScheme } from '#signing/frost/suite.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { keygenRounds } from '#signing/keygen.ts';
import { DEAL_ROUNDS } from '#signing/lifecycle/dealing.ts';
import { EXPORT_ROUNDS, exportShare } from '#signing/lifecycle/export.ts';
import { IMPORT_ROUNDS, importKey, splitKey } from '#signing/lifecycle/import.ts';
import { refresh } from '#signing/lifecycle/refresh.ts';
import { reshare } from '#signing/lifecycle/reshare.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { reshareOf } from '#signing/lifecycle/simulated-life.ts';
import { ED25519, type Element, type PrimeGroup, SECP256K1 } from '#signing/prime-group.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import { CONTEXT, HEDGE, memberOf, simulatedCommittee } from '#signing/simulated-committee.ts';
import { seededRandom } from '#signing/simulator.ts';
import { digest } from '#signing/transcript.ts';
import { type Ends, type Subject, subject } from './subject.ts';

const SEED = 'mutations';
const ALL = [1, 2, 3];
const PAIR = [1, 2];
const THRESHOLD = 2;
const MESSAGE = digest(SEED, utf8('message'));
const committee = simulatedCommittee(SEED, ALL.length, THRESHOLD);
const shareOf = (me: number): KeyShare => committee.shares.get(me) as KeyShare;

const KEYGEN_ENDS: Ends = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '2.coefficients': 'cheat OPENING_MISMATCH #',
  '2.proofCommitment': 'cheat OPENING_MISMATCH #',
  '2.proofResponse': 'cheat OPENING_MISMATCH #',
  '2.chainNonce': 'cheat OPENING_MISMATCH #',
  '2.salt': 'cheat OPENING_MISMATCH #',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '3.echo': 'inconsistent ECHO_MISMATCH',
  '4.share': 'cheat SHARE_MISMATCH #',
  '5.confirmation': 'inconsistent CONFIRMATION_MISMATCH',
};

const PAIR_ENDS: Ends = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.senderKey': 'cheat PROOF_OF_KNOWLEDGE #',
  '1.proofCommitment': 'cheat PROOF_OF_KNOWLEDGE #',
  '1.proofResponse': 'cheat PROOF_OF_KNOWLEDGE #',
  '1.seedCommitment': 'cheat OPENING_MISMATCH #',
  '2.choices': 'cheat TRANSFER_RESPONSE #',
  '2.seedPart': 'cheat OPENING_MISMATCH #',
  '2.seedSalt': 'cheat OPENING_MISMATCH #',
  '3.challenges': 'cheat TRANSFER_OPENING #',
  '4.responses': 'cheat TRANSFER_RESPONSE #',
  '5.zero': 'cheat TRANSFER_OPENING #',
  '5.one': 'cheat TRANSFER_OPENING #',
  '6.confirmation': 'cheat CONFIRMATION_MISMATCH #',
};

const SIGN_ENDS: Ends = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '1.pairId': 'benign PAIR_EPOCH #',
  '1.matrix': 'cheat TRANSFER_CHECK #',
  '1.choiceHash': 'cheat TRANSFER_CHECK #',
  '1.columnHashes': 'cheat TRANSFER_CHECK #',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '2.nonce': 'cheat OPENING_MISMATCH #',
  '2.salt': 'cheat OPENING_MISMATCH #',
  '2.key': 'cheat POINT_CHECK #',
  '2.gammaU': 'cheat POINT_CHECK #',
  '2.gammaV': 'cheat POINT_CHECK #',
  '2.psi': 'inconsistent SIGNATURE_INVALID',
  '2.corrections': 'cheat MULTIPLICATION_CHECK #',
  '2.checks': 'cheat MULTIPLICATION_CHECK #',
  '2.checkDigest': 'cheat MULTIPLICATION_CHECK #',
  '3.binding': 'inconsistent DIGEST_MISMATCH',
  '3.contribution': 'inconsistent RANDOMNESS_MISMATCH',
  '4.agreement': 'inconsistent RANDOMNESS_MISMATCH',
  '4.u': 'inconsistent SIGNATURE_INVALID',
  '4.w': 'inconsistent SIGNATURE_INVALID',
};

const FROST_ENDS: Ends = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.hiding': 'inconsistent ECHO_MISMATCH',
  '1.binding': 'inconsistent ECHO_MISMATCH',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '2.response': 'cheat SIGNATURE_SHARE #',
};

const DEAL_ENDS: Ends = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '2.constant': 'cheat OPENING_MISMATCH #',
  '2.coefficients': 'cheat OPENING_MISMATCH #',
  '2.salt': 'cheat OPENING_MISMATCH #',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '3.echo': 'inconsistent ECHO_MISMATCH',
  '4.share': 'cheat SHARE_MISMATCH #',
  '5.confirmation': 'inconsistent CONFIRMATION_MISMATCH',
};

const ecdsa = (): readonly Subject[] => [
  subject({
    name: 'keygen',
    parties: ALL,
    rounds: [NONCE_ROUND, ...Object.values(keygenRounds(SECP256K1, THRESHOLD))],
    ends: KEYGEN_ENDS,
    start: (me, random) =>
      keygen({ me, parties: ALL, threshold: THRESHOLD, context: CONTEXT, random }),
  }),
  subject({
    name: 'pairs',
    parties: PAIR,
    rounds: [NONCE_ROUND, ...Object.values(PAIR_ROUNDS)],
    ends: PAIR_ENDS,
    start: (me, random) =>
      setUpPairs({ me, parties: PAIR, context: CONTEXT, hedge: HEDGE, random }),
  }),
  ...[PAIR, ALL].map((signers) =>
    subject({
      name: `sign by ${signers.length}`,
      parties: signers,
      rounds: [NONCE_ROUND, ...Object.values(PRESIGN_ROUNDS), ...Object.values(ONLINE_ROUNDS)],
      ends: SIGN_ENDS,
      start: (me, random) => sign({ ...memberOf(committee, me, signers), digest: MESSAGE, random }),
    }),
  ),
];

function frost(scheme: FrostScheme): readonly Subject[] {
  const isEd25519 = scheme === 'frost-ed25519';
  const making = isEd25519 ? keygenRounds(ED25519, THRESHOLD) : keygenRounds(SECP256K1, THRESHOLD);
  const signing = isEd25519 ? signRounds(ED25519) : signRounds(SECP256K1);
  const shares = simulatedFrostKey(SEED, scheme, ALL.length, THRESHOLD);
  return [
    subject({
      name: `${scheme} keygen`,
      parties: ALL,
      rounds: [NONCE_ROUND, ...Object.values(making)],
      ends: KEYGEN_ENDS,
      start: (me, random) =>
        frostKeygen({
          scheme,
          me,
          parties: ALL,
          threshold: THRESHOLD,
          context: CONTEXT,
          random,
        }),
    }),
    subject({
      name: `${scheme} sign`,
      parties: ALL,
      rounds: [NONCE_ROUND, ...Object.values(signing)],
      ends: FROST_ENDS,
      start: (me, random) =>
        frostSign({
          me,
          signers: ALL,
          share: shares.get(me) as FrostKeyShare,
          message: MESSAGE,
          tweak: isEd25519 ? 0n : 5n,
          context: CONTEXT,
          random,
        }),
    }),
  ];
}

const dealRoundsOf = <P extends Element<P>>(group: PrimeGroup<P>) => [
  NONCE_ROUND,
  DEAL_ROUNDS.commit,
  DEAL_ROUNDS.open(group, THRESHOLD),
  DEAL_ROUNDS.echo,
  DEAL_ROUNDS.deal(group),
  DEAL_ROUNDS.confirm,
];
const dealRounds = dealRoundsOf(SECP256K1);

const IMPORTED = 0xdecafn;

function imported(): Subject {
  const split = splitKey({
    group: SECP256K1,
    secret: IMPORTED,
    parties: ALL,
    threshold: THRESHOLD,
    chainCode: new Uint8Array(32),
    random: seededRandom(SEED),
  });
  return subject({
    name: 'import',
    parties: ALL,
    rounds: [NONCE_ROUND, IMPORT_ROUNDS.accept, ...dealRounds],
    ends: {
      '0.nonce': 'inconsistent FOREIGN_SESSION',
      '1.acceptance': 'inconsistent ACCEPTANCE_MISMATCH',
      ...Object.fromEntries(
        Object.entries(DEAL_ENDS).map(([name, end]) => [
          name.replace(/^\d/, (round) => `${Number(round) + 2}`),
          end,
        ]),
      ),
    },
    start: (me, random) =>
      importKey({
        group: SECP256K1,
        me,
        announcement: split.announcement,
        dealt: split.shares.get(me) as bigint,
        publicKey: encodePoint(multiplyBase(IMPORTED)),
        context: CONTEXT,
        random,
      }),
  });
}

const lifeCycle = (): readonly Subject[] => [
  subject({
    name: 'refresh',
    parties: ALL,
    rounds: dealRounds,
    ends: DEAL_ENDS,
    start: (me, random) =>
      refresh({ group: SECP256K1, share: shareOf(me), context: CONTEXT, random }),
  }),
  subject({
    name: 'frost-ed25519 refresh',
    parties: ALL,
    rounds: dealRoundsOf(ED25519),
    ends: DEAL_ENDS,
    start: (me, random) => {
      const shares = simulatedFrostKey(SEED, 'frost-ed25519', ALL.length, THRESHOLD);
      const share = shares.get(me) as FrostKeyShare;
      return refresh({ group: ED25519, share, context: CONTEXT, random });
    },
  }),
  subject({
    name: 'reshare',
    parties: ALL,
    rounds: dealRounds,
    ends: DEAL_ENDS,
    start: (me, random) =>
      reshare(
        reshareOf(
          committee.shares,
          { dealers: [1, 2], receivers: [2, 3], threshold: THRESHOLD },
          me,
          random,
        ),
      ),
  }),
  imported(),
  subject({
    name: 'export',
    parties: ALL,
    rounds: [NONCE_ROUND, EXPORT_ROUNDS.agree],
    ends: {
      '0.nonce': 'inconsistent FOREIGN_SESSION',
      '1.agreement': 'inconsistent AGREEMENT_MISMATCH',
    },
    start: (me, random) =>
      exportShare({
        group: SECP256K1,
        share: shareOf(me),
        exporters: ALL,
        recipient: recipientOf(MESSAGE),
        context: CONTEXT,
        random,
      }),
  }),
];

export const SUBJECTS: readonly Subject[] = [
  ...ecdsa(),
  ...frost('frost-ed25519'),
  ...frost('frost-secp256k1'),
  ...lifeCycle(),
];
