/**
 * F-08: forged and altered mandates, sent to the signers' ports with the worker's own certificate and in
 * the company of t-1 corrupted nodes, which give a receipt and their part of a signature for anything.
 * What is judged is what leaves the honest nodes, frame by frame, and what they have in writing.
 */
import { mandateFields, payloadsOf } from '#cluster-client/request.ts';
import { parseHex } from '#core/bytes.ts';
import type { Mandate } from '#mandate/mandate.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import type { Frame, SignatureFields } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { readReceipt } from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';
import { isSignedBy } from '#signing/verify.ts';
import { forgedMandates, FORGERIES } from '#testing/forged-mandates/stream.ts';
import type { Wallet } from '#testing/paying-company-log.ts';
import type { Findings, Setting } from './accept-run.ts';
import { type CompanyOnNodes, openCompanyOnNodes, WALLETS } from './company-on-nodes.ts';
import { bareAgreements, type ControlPayment, payHonestly } from './honest-payment.ts';
import { type Talk, talk } from './node-talk.ts';
import { playSlices, type Slice } from './slices.ts';

/** Mandates of each slice, which has nodes of its own. */
const SIZES = {
  quick: { slices: 1, mandates: 240, count: 3, threshold: 2 },
  full: { slices: 20, mandates: 500, count: 5, threshold: 3 },
} as const;

/** One more node corrupted than the threshold bears must lead to a signature in so many tries. */
const CONTROLS_MAX = 40;
const ATTEMPTS_MAX = 3;
/** What an honest node says to what it will not sign, or not yet. */
const REFUSALS: readonly string[] = ['EVIDENCE_REJECTED', 'SIGNERS_UNAVAILABLE', 'KEY_LOCKED'];
/** Entries that a node writes before its receipt, and before its first message of a round. */
const COMMITMENTS = ['spend', 'sign', 'session'] as const;

type Attempt = {
  readonly kind: string;
  readonly wallet: Wallet;
  readonly mandate: Mandate;
  readonly receipts: readonly Receipt[];
};

type Tally = {
  readonly kinds: Set<string>;
  sent: number;
  /** Receipts and messages of corrupted nodes: without them the company would be no danger. */
  corruptReceipts: number;
  corruptPosts: number;
  receipts: number;
  posts: number;
  signatures: number;
  askedAgain: number;
  /** What the honest nodes said to the mandate at hand. */
  said: string[];
  readonly breaks: string[];
};

type Rig = CompanyOnNodes & {
  readonly corrupted: readonly PartyId[];
  readonly honest: readonly PartyId[];
};

const linksTo = ({ links }: CompanyOnNodes, parties: readonly PartyId[]) =>
  parties.flatMap((party) => links.get(party) ?? []);

/** Asks every node for its receipt. @returns those that the corrupted ones give */
async function reserve(rig: Rig, tally: Tally, attempt: Omit<Attempt, 'receipts'>) {
  const { kind, wallet, mandate } = attempt;
  const { sequence } = rig.company.authority.state.head;
  const fields = mandateFields(mandate);
  const open = {
    purpose: 'reserve',
    keyId: rig.keyOf(wallet),
    mandate: fields,
    authority: sequence,
  };
  const given: Receipt[] = [];
  for (const party of rig.committee.parties) {
    const { heard } = await ask(rig, tally, kind, [party], { ...open, purpose: 'reserve' });
    for (const frame of heard.get(party) ?? []) {
      if (frame.type !== 'document') continue;
      if (rig.corrupted.includes(party)) {
        given.push(readReceipt(JSON.parse(frame.content.text)));
        tally.corruptReceipts += 1;
      } else tally.receipts += 1;
    }
  }
  return given;
}

/**
 * Asks these nodes, and judges what the honest ones say. A node to which the connection was lost has said
 * nothing, which is no verdict: it is asked again.
 */
async function ask(
  rig: Rig,
  tally: Tally,
  kind: string,
  parties: readonly PartyId[],
  open: OpenRequest,
): Promise<Talk> {
  const honest = parties.filter((party) => rig.honest.includes(party));
  for (let left = ATTEMPTS_MAX; ; left -= 1) {
    const talked = await talk(linksTo(rig, parties), open, { talkative: rig.corrupted });
    const isSilent = (party: PartyId): boolean => talked.heard.get(party)?.length === 0;
    const isLost = parties.some(isSilent);
    for (const party of honest) {
      if (!isSilent(party) || left === 1) judgeHonest(tally, kind, party, talked);
    }
    if (!isLost || left === 1) return talked;
    tally.askedAgain += 1;
  }
}

const wordOf = (frame: Frame | undefined): string => {
  if (frame?.type !== 'refused') return frame?.type ?? 'nothing';
  const { code, reason } = frame.content;
  return `${code}: ${reason}`;
};

/** From an honest node one refusal leaves, and nothing else. */
function judgeHonest(tally: Tally, kind: string, party: PartyId, { heard, unheard }: Talk): void {
  const frames = heard.get(party) ?? [];
  tally.posts += frames.filter(({ type }) => type === 'post').length;
  const [only] = frames;
  tally.said.push(wordOf(only));
  const isRefusal = only?.type === 'refused' && REFUSALS.includes(only.content.code);
  if (frames.length === 1 && isRefusal) return;
  const said = frames.map((frame) => (frame.type === 'refused' ? frame.content.code : frame.type));
  const end = unheard.includes(party) ? ', and came to no end' : '';
  tally.breaks.push(`${kind}: honest party ${party} said ${said.join(', ') || 'nothing'}${end}`);
}

/** The session: all corrupted nodes, and as many honest ones as they lack. */
async function askToSign(rig: Rig, tally: Tally, attempt: Attempt): Promise<void> {
  const { kind, wallet, mandate, receipts } = attempt;
  const lacking = rig.committee.threshold - rig.corrupted.length;
  const first = tally.sent % rig.honest.length;
  const honest = [...rig.honest, ...rig.honest].slice(first, first + lacking);
  const signers = [...rig.corrupted, ...honest].toSorted((a, b) => a - b);
  const open = {
    purpose: 'sign',
    keyId: rig.keyOf(wallet),
    signers,
    mandate: mandateFields(mandate),
    receipts,
    confirmations: [],
    presignatures: [],
  } as const;
  const talked = await ask(rig, tally, kind, signers, open);
  for (const party of rig.corrupted) {
    const frames = talked.heard.get(party) ?? [];
    tally.corruptPosts += frames.filter(({ type }) => type === 'post').length;
  }
  for (const frames of talked.heard.values()) {
    for (const frame of frames) {
      if (frame.type !== 'result') continue;
      tally.signatures += frame.content.signatures.length;
      tally.breaks.push(`${kind}: a signature came`);
    }
  }
}

/** What the honest nodes have promised in writing, one number for each node. */
const commitments = ({ committee, honest }: Rig): readonly number[] =>
  honest.map((party) => {
    const kinds = committee.journal(party);
    return COMMITMENTS.reduce((sum, kind) => sum + (kinds.get(kind) ?? 0), 0);
  });

/** Kinds that lean on nothing beside the log, and whose wallet has a key on the nodes. */
const SENT = FORGERIES.filter(({ needs }) => needs === undefined);

async function sendAll(
  rig: Rig,
  { tell, sample }: Setting,
  seed: number,
  mandates: number,
  control: ControlPayment,
): Promise<Tally> {
  const tally: Tally = {
    kinds: new Set(),
    sent: 0,
    corruptReceipts: 0,
    corruptPosts: 0,
    receipts: 0,
    posts: 0,
    signatures: 0,
    askedAgain: 0,
    said: [],
    breaks: [],
  };
  const count = (kind: string): void => {
    tally.kinds.add(kind);
    tally.sent += 1;
    sample('mandate', { number: tally.sent, mandate: kind, said: tally.said });
    tally.said = [];
  };
  for (const { kind, mandate, receiptsWith } of await bareAgreements(rig, control)) {
    // The mandate is in order: an honest node that was asked would give its receipt.
    const given = await reserve({ ...rig, committee: only(rig, rig.corrupted) }, tally, {
      kind,
      wallet: 'operations',
      mandate,
    });
    await askToSign(rig, tally, {
      kind,
      wallet: 'operations',
      mandate,
      receipts: receiptsWith(given),
    });
    count(kind);
  }
  for await (const { kind, wallet, mandate } of forgedMandates(rig.company, seed, SENT)) {
    if (tally.sent >= mandates) break;
    if (!WALLETS.includes(wallet)) continue;
    const given = await reserve(rig, tally, { kind, wallet, mandate });
    await askToSign(rig, tally, { kind, wallet, mandate, receipts: given });
    count(kind);
    if (tally.sent % 200 === 0) tell(`${tally.sent} of ${mandates}`);
  }
  return tally;
}

const only = (
  { committee }: CompanyOnNodes,
  parties: readonly PartyId[],
): CompanyOnNodes['committee'] => ({ ...committee, parties });

/**
 * The control: one honest node's disk under the corrupted program makes t corrupted ones, and the same
 * stream of forgeries ends in a signature. A harness that could not see one would be no evidence.
 * @returns how many were sent until then
 */
async function untilSigned(rig: Rig, seed: number): Promise<number | undefined> {
  const [turned] = rig.honest;
  if (turned === undefined) return undefined;
  await rig.committee.kill(turned);
  rig.committee.corrupt(turned);
  await rig.committee.start(turned);
  while (!(await rig.cluster.health()).every(({ ok }) => ok));
  const signers = [...rig.corrupted, turned].toSorted((a, b) => a - b);
  let sent = 0;
  for await (const { wallet, mandate } of forgedMandates(rig.company, seed, SENT)) {
    if (sent === CONTROLS_MAX) return undefined;
    if (!WALLETS.includes(wallet)) continue;
    sent += 1;
    const open = { purpose: 'sign', keyId: rig.keyOf(wallet), signers } as const;
    const rest = { receipts: [], confirmations: [], presignatures: [] };
    const { heard } = await talk(linksTo(rig, signers), {
      ...open,
      ...rest,
      mandate: mandateFields(mandate),
    });
    for (const frame of [...heard.values()].flat()) {
      if (frame.type !== 'result') continue;
      if (isSigned(rig, wallet, mandate, frame.content.signatures)) return sent;
    }
  }
  return undefined;
}

function isSigned(
  rig: Rig,
  wallet: Wallet,
  mandate: Mandate,
  [fields]: readonly SignatureFields[],
): boolean {
  if (fields === undefined || 'bytes' in fields) return false;
  const { r, s, recovery } = fields;
  const signature = { r: parseHex(r), s: parseHex(s), recovery };
  try {
    const [payload] = payloadsOf(mandate);
    return payload !== undefined && isSignedBy(rig.publicKeyOf(wallet), payload, signature);
  } catch {
    // Bytes of which nobody can say what was to be signed.
    return false;
  }
}

export async function forgedRun(setting: Setting): Promise<Findings> {
  const { slices, count, threshold } = SIZES[setting.profile];
  const { counts, values, breaks } = await playSlices(setting, slices, (slice) =>
    sendForged(setting, Number(setting.seed) + slice),
  );
  const kinds = Math.max(...(values['kinds'] ?? [0]));
  const tries = Math.max(...(values['controls'] ?? [0]));
  return {
    figures: {
      nodes: `${threshold}-of-${count}`,
      corrupted: threshold - 1,
      ...counts,
      kinds,
      'control-signed-after': tries,
    },
    breaks,
  };
}

async function sendForged(setting: Setting, seed: number): Promise<Slice> {
  const { mandates, count, threshold } = SIZES[setting.profile];
  const corrupted = Array.from({ length: threshold - 1 }, (_, index) => index + 1);
  const shape = { name: 'forged', seed: `${seed}`, count, threshold, corrupted };
  const nodes = await openCompanyOnNodes(shape);
  try {
    const honest = nodes.committee.parties.filter((party) => !corrupted.includes(party));
    const rig: Rig = { ...nodes, corrupted, honest };
    const control = await payHonestly(rig);
    const before = commitments(rig);
    const tally = await sendAll(rig, setting, seed, mandates, control);
    const after = commitments(rig);
    const { breaks, sent, kinds, corruptReceipts, corruptPosts } = tally;
    if (after.join() !== before.join()) {
      breaks.push(`honest journals grew: ${before.join()} commitments before, ${after.join()} now`);
    }
    if (corruptReceipts < sent / 2 || corruptPosts < sent / 2) {
      breaks.push(`the corrupted nodes gave ${corruptReceipts} receipts, ${corruptPosts} messages`);
    }
    await payHonestly(rig);
    const controls = await untilSigned(rig, seed);
    if (controls === undefined)
      breaks.push('t corrupted nodes signed nothing: they are not corrupted');
    return {
      counts: {
        mandates: sent,
        'corrupted-receipts': corruptReceipts,
        'corrupted-messages': corruptPosts,
        'honest-receipts': tally.receipts,
        'honest-messages': tally.posts,
        signatures: tally.signatures,
        'asked-again': tally.askedAgain,
      },
      values: { kinds: [kinds.size], controls: controls === undefined ? [] : [controls] },
      breaks,
    };
  } finally {
    await nodes.close();
  }
}
