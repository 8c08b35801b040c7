/** Tampers with a log, one way after the other, and has each result read by an auditor. */
import { auditOrigin, requireCosigned } from '#mandate/checkpoint.ts';
import { type LogFault, type LogReader, LogVerifier } from '#mandate/verify-log.ts';
import { WITNESSES } from '#testing/audit-log.ts';
import { inspect, type Line, ORGANIZATION } from './log.ts';
import { type Draw, TAMPERINGS } from './tamperings.ts';

type ReadOptions = Pick<LogReader, 'inspect' | 'requireCheckpoint'>;

/** What an auditor finds first, who has seen `known`. */
export function faultOf(
  lines: Iterable<Line>,
  known: readonly string[],
  options: ReadOptions = {},
): LogFault | undefined {
  const witnesses = WITNESSES;
  const verifier = new LogVerifier({ organization: ORGANIZATION, witnesses, known, ...options });
  for (const line of lines) {
    const fault = line.kind === 'entry' ? verifier.entry(line) : verifier.checkpoint(line.note);
    if (fault !== undefined) return fault;
  }
  return verifier.end();
}

/** Signatures over a note that was judged before are not judged again. */
export function remembering(): ReadOptions {
  const judged = new Map<string, ReturnType<typeof requireCosigned>>();
  return {
    inspect,
    requireCheckpoint(note) {
      const known = judged.get(note);
      if (known !== undefined) return known;
      const checkpoint = requireCosigned(note, auditOrigin(ORGANIZATION), WITNESSES);
      judged.set(note, checkpoint);
      return checkpoint;
    },
  };
}

/** The same numbers for the same seed (Park and Miller's generator). */
export function drawFrom(seed: number): Draw {
  let state = (seed % 2_147_483_646) + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

export type Attacked = {
  readonly detected: number;
  /** Tamperings that were not found, or found where the log was still right, in words. */
  readonly missed: readonly string[];
};

export type Tampered = {
  readonly tampering: string;
  /** The first entry that is wrong, and between which ones the auditor says that it is. */
  readonly first: number;
  readonly from?: number;
  readonly to?: number;
  readonly isPlaced: boolean;
};

/** So many tamperings with one log, each kind in turn. The auditor has seen the log's last checkpoint. */
export function attack(
  log: readonly Line[],
  count: number,
  seed: number,
  tell: (done: number, last: Tampered) => void = () => undefined,
): Attacked {
  const last = log.at(-1);
  const known = last?.kind === 'checkpoint' ? [last.note] : [];
  const options = remembering();
  const kinds = Object.entries(TAMPERINGS);
  const missed: string[] = [];
  for (let round = 0; round < count; round++) {
    const [name, tampering] = kinds[round % kinds.length] as (typeof kinds)[number];
    const { lines, first } = tampering(log, drawFrom(seed + 7919 * round));
    const fault = faultOf(lines, known, options);
    const isPlaced = fault !== undefined && fault.from <= first && first <= fault.to;
    if (!isPlaced) {
      missed.push(
        `${name} of entry ${first}, round ${round}: ${JSON.stringify(fault ?? 'nothing')}`,
      );
    }
    const found = fault === undefined ? {} : { from: fault.from, to: fault.to };
    tell(round + 1, { tampering: name, first, ...found, isPlaced });
  }
  return { detected: count - missed.length, missed };
}
