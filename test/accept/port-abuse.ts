/**
 * F-07 at the signers' ports: messages that no worker would send, with the worker's own certificate. Half
 * of them are openings and frames of every shape, half are envelopes changed on their way between two
 * nodes that sign a genuine payment. No node may end, and no signature may leave that does not verify.
 */
import { Client } from '@grpc/grpc-js';
import { clientCredentials } from '#cluster-client/link.ts';
import { mandateFields, payloadsOf } from '#cluster-client/request.ts';
import { parseHex } from '#core/bytes.ts';
import { decodeFrame, type Frame } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { nodeName, SESSION_METHOD } from '#signer-cluster/proto/service.ts';
import { isSignedBy } from '#signing/verify.ts';
import type { Setting } from './accept-run.ts';
import { type CompanyOnNodes, openCompanyOnNodes } from './company-on-nodes.ts';
import { type Draw, drawFrom } from './drawn.ts';
import { type ControlPayment, payHonestly } from './honest-payment.ts';
import {
  alteredOpening,
  alteredWay,
  type DrawNumber,
  ENVELOPE_FAULTS,
  type EnvelopeFault,
  FRAME_FAULTS,
  type FrameFault,
} from './malice.ts';
import { talk } from './node-talk.ts';

export type Abuse = {
  readonly frames: number;
  readonly sessions: number;
  readonly kinds: number;
  readonly refusals: number;
  /** Sessions that came as far as the envelope that was to be changed. */
  readonly altered: number;
  /** Sessions that came to a signature: unchanged ones, or such as an envelope that came twice. */
  readonly signed: number;
  readonly breaks: readonly string[];
};

/** Receipts count for a minute. */
const PAY_AGAIN_MS = 30_000;
const PATIENCE_MS = 10_000;
const SIGNERS = [1, 2] as const;
/** As many as each node sends the other in a session without presignatures, about. */
const POSTS = 6;

type End = 'answered' | 'refused' | 'ended' | 'silence' | 'signed';

/** A stream on which anything may be written. */
function sendRaw(client: Client, messages: readonly Buffer[]): Promise<End> {
  const { promise, resolve } = Promise.withResolvers<End>();
  const { path, requestSerialize, responseDeserialize } = SESSION_METHOD;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const end = (how: End): void => {
    clearTimeout(timer);
    resolve(how);
    call.cancel();
  };
  const timer = setTimeout(() => end('silence'), PATIENCE_MS);
  call.on('data', (bytes: Buffer) => {
    const frame = decodeFrame(bytes);
    if (frame.type === 'refused') end('refused');
    else if (frame.type === 'result' && frame.content.signatures.length > 0) end('signed');
    // What was accepted waits for its peers, who were asked nothing.
    else if (frame.type === 'result' || frame.type === 'post') end('answered');
  });
  call.on('error', () => end('ended'));
  call.on('end', () => end('ended'));
  for (const message of messages) call.write(message);
  call.end();
  return promise;
}

/** One of each purpose that a single node can be asked, each as an honest worker would send it. */
function openingsOf(nodes: CompanyOnNodes, control: ControlPayment): readonly OpenRequest[] {
  const { payment, receipts } = control;
  const { company, keyOf } = nodes;
  const { organization, head } = company.state;
  const keyId = keyOf('operations');
  const mandate = mandateFields(payment.mandate);
  const parties = [...nodes.committee.parties];
  const scheme = 'ecdsa-secp256k1';
  const wallet = company.wallets.operations;
  return [
    { purpose: 'createKey', keyId, organization, scheme, signers: parties },
    { purpose: 'refreshKey', keyId, signers: parties },
    { purpose: 'exportKey', keyId, recipient: '11'.repeat(32), signers: [1, 2] },
    { purpose: 'describeKey', keyId },
    { purpose: 'registerWallet', keyId, organization, wallet, path: 'm' },
    { purpose: 'authority', organization, from: 0, entries: ['{}'], head, receipts: [] },
    { purpose: 'reserve', keyId, mandate, authority: head.sequence },
    { purpose: 'confirm', keyId, intent: '', digests: [], receipts, untils: [] },
    { purpose: 'learn', keyId, mandates: [mandate] },
    { purpose: 'withdraw', keyId, intent: '', initiator: mandate.initiator },
    { purpose: 'bury', keyId, intent: '', withdrawals: receipts },
    signOpening(nodes, control),
  ];
}

async function abuseFrames(
  nodes: CompanyOnNodes,
  draw: Draw,
  count: number,
  control: ControlPayment,
  sample: Setting['sample'],
): Promise<Pick<Abuse, 'refusals' | 'breaks'>> {
  const clients = nodes.committee.parties.map((party) => rawClient(nodes, party));
  const openings = openingsOf(nodes, control);
  const breaks: string[] = [];
  let refusals = 0;
  try {
    for (let number = 0; number < count; number += 1) {
      const fault = FRAME_FAULTS[number % FRAME_FAULTS.length] as FrameFault;
      const own: DrawNumber = (name, bound) => draw(`frame ${number} ${name}`, bound);
      const opening = openings[own('opening', openings.length)] as OpenRequest;
      const client = clients[number % clients.length] as Client;
      const end = await sendRaw(client, alteredOpening(fault, opening, own));
      if (end === 'refused' || end === 'ended') refusals += 1;
      sample('frame', { number, fault, purpose: opening.purpose, end });
      const name = `frame ${number} (${fault}, ${opening.purpose})`;
      if (end === 'silence' || end === 'signed') breaks.push(`${name}: ${end}`);
    }
  } finally {
    for (const client of clients) client.close();
  }
  return { refusals, breaks };
}

function rawClient({ committee }: CompanyOnNodes, party: number): Client {
  const address = `127.0.0.1:${committee.port(party)}`;
  return new Client(address, clientCredentials(committee.tls), {
    'grpc.ssl_target_name_override': nodeName(party),
    'grpc.default_authority': nodeName(party),
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
}

/** The payment is genuine, and so are its receipts; what is changed is what one node tells the other. */
async function abuseEnvelopes(
  nodes: CompanyOnNodes,
  draw: Draw,
  count: number,
  sample: Setting['sample'],
): Promise<Pick<Abuse, 'refusals' | 'altered' | 'signed' | 'breaks'>> {
  const breaks: string[] = [];
  let refusals = 0;
  let altered = 0;
  let signed = 0;
  let control = await payHonestly(nodes);
  let paidAt = performance.now();
  /** Envelopes of the sessions before, by their place. */
  const former = new Map<string, Uint8Array>();
  const links = SIGNERS.flatMap((party) => nodes.links.get(party) ?? []);
  for (let number = 0; number < count; number += 1) {
    if (performance.now() - paidAt > PAY_AGAIN_MS) {
      control = await payHonestly(nodes);
      paidAt = performance.now();
    }
    const fault = ENVELOPE_FAULTS[number % ENVELOPE_FAULTS.length] as EnvelopeFault;
    const cheat = SIGNERS[draw(`cheat ${number}`, SIGNERS.length)] as number;
    const nth = 1 + draw(`nth ${number}`, POSTS);
    let isReached = false;
    const own: DrawNumber = (name, bound) => draw(`envelope ${number} ${name}`, bound);
    const { heard, unheard } = await talk(links, signOpening(nodes, control), {
      endsAtRefusal: true,
      alter(way, at) {
        const place = `${way.from} ${at}`;
        const before = former.get(place);
        former.set(place, way.envelope);
        isReached ||= way.from === cheat && at === nth;
        return way.from === cheat && at === nth ? alteredWay(fault, way, before, own) : [way];
      },
    });
    const name = `session ${number} (${fault}, envelope ${nth} of party ${cheat})`;
    const frames = [...heard.values()].flat();
    const codes = frames.flatMap((one) => (one.type === 'refused' ? [one.content.code] : []));
    const isSigned = frames.some(({ type }) => type === 'result');
    sample('session', { number, fault, cheat, nth, isReached, codes, isSigned });
    if (codes.length > 0) refusals += 1;
    else if (unheard.length > 0) breaks.push(`${name}: silence`);
    if (isReached) altered += 1;
    if (isSigned) signed += 1;
    for (const frame of frames) {
      if (frame.type !== 'result') continue;
      if (!areValid(nodes, control, frame)) breaks.push(`${name}: a bad signature`);
    }
  }
  return { refusals, altered, signed, breaks };
}

const signOpening = (
  nodes: CompanyOnNodes,
  { payment, receipts }: ControlPayment,
): OpenRequest => ({
  purpose: 'sign',
  keyId: nodes.keyOf('operations'),
  signers: SIGNERS,
  mandate: mandateFields(payment.mandate),
  receipts,
  confirmations: [],
  presignatures: [],
});

function areValid(
  nodes: CompanyOnNodes,
  { payment }: ControlPayment,
  { content }: Extract<Frame, { type: 'result' }>,
): boolean {
  const key = nodes.publicKeyOf('operations');
  const payloads = payloadsOf(payment.mandate);
  return content.signatures.every((fields, index) => {
    const payload = payloads[index];
    if (payload === undefined || 'bytes' in fields) return false;
    const { r, s, recovery } = fields;
    return isSignedBy(key, payload, { r: parseHex(r), s: parseHex(s), recovery });
  });
}

/** Also: no node has ended meanwhile, and all of them still sign. */
export async function abusePorts(
  seed: string,
  sizes: { readonly frames: number; readonly sessions: number },
  sample: Setting['sample'],
): Promise<Abuse> {
  const shape = { count: 3, threshold: 2, corrupted: [] };
  const nodes = await openCompanyOnNodes({ name: 'ports', seed, ...shape });
  try {
    const { committee } = nodes;
    const draw = drawFrom(seed);
    const pids = committee.parties.map((party) => committee.pid(party));
    const control = await payHonestly(nodes);
    const frames = await abuseFrames(nodes, draw, sizes.frames, control, sample);
    const sessions = await abuseEnvelopes(nodes, draw, sizes.sessions, sample);
    const breaks = [...frames.breaks, ...sessions.breaks];
    if (pids.join() !== committee.parties.map((party) => committee.pid(party)).join()) {
      breaks.push('a node ended');
    }
    await payHonestly(nodes);
    return {
      ...sizes,
      kinds: FRAME_FAULTS.length + ENVELOPE_FAULTS.length,
      refusals: frames.refusals + sessions.refusals,
      altered: sessions.altered,
      signed: sessions.signed,
      breaks,
    };
  } finally {
    await nodes.close();
  }
}
