/** What a worker that was taken over sends to a node in place of what it should. */
import { type Frame, encodeFrame } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { MESSAGE_BYTES_MAX } from '#signer-cluster/proto/service.ts';
import type { Way } from './node-talk.ts';

/** A whole number from 0 to below the bound, of this message's own. */
export type DrawNumber = (name: string, bound: number) => number;

type Alter = (opening: OpenRequest, draw: DrawNumber) => readonly Buffer[];
type Fields = Readonly<Record<string, unknown>>;

const opened = (content: object): Buffer => {
  const frame = { type: 'open', content } as Frame;
  return encodeFrame(frame);
};

/** One of the opening's fields, wherever it stands, and the opening with it replaced. */
function replaced(opening: OpenRequest, draw: DrawNumber, value: unknown): Fields {
  const names = Object.keys(opening);
  const name = names[draw('field', names.length)] as string;
  const before = (opening as unknown as Fields)[name];
  const isNested = typeof before === 'object' && before !== null && !Array.isArray(before);
  if (!isNested) return { ...opening, [name]: value };
  const inner = Object.keys(before);
  const within = inner[draw('inner', inner.length)] as string;
  return { ...opening, [name]: { ...before, [within]: value } };
}

const bytes = (draw: DrawNumber, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => draw(`byte ${index}`, 256)));

const flipped = (from: Uint8Array, at: number, bit: number): Buffer => {
  const changed = Buffer.from(from);
  changed[at] = (changed[at] ?? 0) ^ (1 << bit);
  return changed;
};

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  '',
  'x'.repeat(70_000),
  '\u0000',
  [],
  {},
  ['1'],
  [[[[[[[[]]]]]]]],
  { purpose: 'sign' },
];

const FRAMES = {
  'random bytes': (_, draw) => [bytes(draw, draw('length', 64))],
  'an unknown type of frame': (_, draw) => [Buffer.concat([Buffer.of(0x20), bytes(draw, 16)])],
  'a flipped bit': (opening, draw) => {
    const frame = opened(opening);
    return [flipped(frame, draw('at', frame.length), draw('bit', 8))];
  },
  'cut short': (opening, draw) => {
    const frame = opened(opening);
    return [frame.subarray(0, draw('end', frame.length))];
  },
  'a strange value': (opening, draw) => [
    opened(replaced(opening, draw, STRANGE[draw('value', STRANGE.length)])),
  ],
  'a missing field': (opening, draw) => [opened(replaced(opening, draw, undefined))],
  'a foreign field': (opening) => [opened({ ...opening, __proto__x: 1 })],
  'an envelope before any opening': (_, draw) => [
    encodeFrame({ type: 'deliver', party: 2, envelope: bytes(draw, 128) }),
  ],
  'two openings at once': (opening) => [opened(opening), opened(opening)],
  'an envelope of nobody': (opening, draw) => [
    opened(opening),
    encodeFrame({ type: 'deliver', party: draw('party', 256), envelope: bytes(draw, 120) }),
  ],
  'what only a node says': (_, draw) => [
    Buffer.concat([Buffer.of(0x11 + draw('type', 5)), Buffer.from('{"publicKey":""}')]),
  ],
  'as much as may be sent': (_, draw) => [
    draw('large', 4) === 0
      ? Buffer.alloc(MESSAGE_BYTES_MAX + 1, 1)
      : Buffer.alloc(64 * 1024 + draw('more', 64), 1),
  ],
} as const satisfies Readonly<Record<string, Alter>>;

export type FrameFault = keyof typeof FRAMES;
export const FRAME_FAULTS = Object.keys(FRAMES) as readonly FrameFault[];

export const alteredOpening = (
  fault: FrameFault,
  opening: OpenRequest,
  draw: DrawNumber,
): readonly Buffer[] => FRAMES[fault](opening, draw);

type AlterWay = (way: Way, before: Uint8Array | undefined, draw: DrawNumber) => readonly Way[];

const HEADER_BYTES = 40;

const within = (way: Way, envelope: Uint8Array): readonly Way[] => [{ ...way, envelope }];

const ENVELOPES = {
  'a flipped bit of the header': (way, _, draw) =>
    within(way, flipped(way.envelope, draw('at', HEADER_BYTES), draw('bit', 8))),
  'a flipped bit': (way, _, draw) =>
    within(way, flipped(way.envelope, draw('at', way.envelope.length), draw('bit', 8))),
  'cut short': (way, _, draw) =>
    within(way, way.envelope.subarray(0, 1 + draw('end', way.envelope.length - 1))),
  'a byte too long': (way) => within(way, Buffer.concat([way.envelope, Buffer.of(0)])),
  'random bytes': (way, _, draw) => within(way, bytes(draw, way.envelope.length % 4_096)),
  'of another session': (way, before) => within(way, before ?? new Uint8Array(104)),
  'under another name': (way) => [{ ...way, from: way.from + 1 }],
  'to its sender as well': (way) => [{ ...way, to: way.from, from: way.to }, way],
  twice: (way) => [way, way],
  'after random bytes': (way, _, draw) => [{ ...way, envelope: bytes(draw, 200) }, way],
  'as it is': (way) => [way],
} as const satisfies Readonly<Record<string, AlterWay>>;

export type EnvelopeFault = keyof typeof ENVELOPES;
export const ENVELOPE_FAULTS = Object.keys(ENVELOPES) as readonly EnvelopeFault[];

export const alteredWay = (
  fault: EnvelopeFault,
  way: Way,
  /** What stood in this place in the session before. */
  before: Uint8Array | undefined,
  draw: DrawNumber,
): readonly Way[] => ENVELOPES[fault](way, before, draw);
