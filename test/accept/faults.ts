/** The faults of the bank's run: what each does to the platform, and how it is healed. */
import type { Draw } from './drawn.ts';
import {
  type FaultyPlatform,
  type LinkName,
  LINKS,
  NODES,
  PROCESSES,
  SERVICES,
} from './faulty-platform.ts';

export type Fault = {
  readonly kind: FaultKind;
  readonly target: string;
  /** Whether payments may be refused meanwhile, because somebody's time is wrong. */
  readonly isClock: boolean;
  /** How long it lasts, in milliseconds. */
  readonly lastsMs: number;
  /** @returns what heals it, and resolves when that is done */
  begin(platform: FaultyPlatform): Promise<() => Promise<void>>;
};

const HOUR_MS = 3_600_000;
const LASTS_MS = 1_500;
/** Long enough that payments begin while the time is wrong. */
const CLOCK_LASTS_MS = 3_000;
const DELAY_MS = 150;

type Made = Pick<Fault, 'target' | 'begin'>;
type Choose = <T>(items: readonly T[]) => T;

/** Something that happens to a link; what it has become is clear again afterwards. */
const onLink = (choose: Choose, act: (platform: FaultyPlatform, link: LinkName) => void): Made => {
  const target = choose(LINKS);
  return {
    target,
    async begin(platform) {
      act(platform, target);
      return async () => {
        const link = platform.link(target);
        link.become({ kind: 'clear' });
        // Whatever was lost on an open connection is lost for good: both ends must notice.
        link.cut();
      };
    },
  };
};

const onClock = (choose: Choose, clockMs: number): Made => {
  const target = choose([...SERVICES, ...NODES]);
  return {
    target,
    async begin(platform) {
      platform.turn(target, { clockMs });
      return async () => platform.turn(target, {});
    },
  };
};

/** A node that could not write takes nothing more until its operator starts it again. */
const onDisk = (choose: Choose, disk: 'full' | 'no-sync'): Made => {
  const target = choose(NODES);
  return {
    target,
    async begin(platform) {
      platform.turn(target, { disk });
      return async () => {
        platform.turn(target, {});
        await platform.kill(target);
        await platform.start(target);
      };
    },
  };
};

const MAKERS = {
  kill(choose) {
    const target = choose(PROCESSES);
    return {
      target,
      async begin(platform) {
        await platform.kill(target);
        return () => platform.start(target);
      },
    };
  },
  pause(choose) {
    const target = choose(PROCESSES);
    return {
      target,
      async begin(platform) {
        const goOn = platform.halt(target);
        return async () => goOn();
      },
    };
  },
  partition: (choose) =>
    onLink(choose, (platform, link) => platform.link(link).become({ kind: 'silence' })),
  'dropped answers': (choose) =>
    onLink(choose, (platform, link) => platform.link(link).become({ kind: 'drop-answers' })),
  refused: (choose) => onLink(choose, (platform, link) => platform.link(link).refuse()),
  cut: (choose) => onLink(choose, (platform, link) => platform.link(link).cut()),
  'half-close': (choose) => onLink(choose, (platform, link) => platform.link(link).halfClose()),
  delay: (choose) =>
    onLink(choose, (platform, link) => platform.link(link).become({ kind: 'delay', ms: DELAY_MS })),
  'clock an hour early': (choose) => onClock(choose, -HOUR_MS),
  'clock an hour late': (choose) => onClock(choose, HOUR_MS),
  'full disk': (choose) => onDisk(choose, 'full'),
  'failing fsync': (choose) => onDisk(choose, 'no-sync'),
} as const satisfies Readonly<Record<string, (choose: Choose) => Made>>;

export type FaultKind = keyof typeof MAKERS;
export const FAULT_KINDS = Object.keys(MAKERS) as readonly FaultKind[];

/** @param number of the fault in its run */
export function faultOf(kind: FaultKind, number: number, draw: Draw): Fault {
  const choose: Choose = (items) => {
    const item = items[draw(`target ${number}`, items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  };
  const isClock = kind.startsWith('clock');
  return {
    kind,
    isClock,
    lastsMs: (isClock ? CLOCK_LASTS_MS : LASTS_MS / 3) + draw(`lasts ${number}`, LASTS_MS),
    ...MAKERS[kind](choose),
  };
}
