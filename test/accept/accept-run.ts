/** What a run of the acceptance harness is: a claim, and what shows it or breaks it. */
import { loadavg } from 'node:os';

export const PROFILES = ['quick', 'full'] as const;
export type Profile = (typeof PROFILES)[number];

export type Setting = {
  readonly profile: Profile;
  /** Whatever a run draws, it draws from this text. */
  readonly seed: string;
  /** Progress, for a person who waits. */
  readonly tell: (line: string) => void;
  /** Writes down one observation, as in `kill`. */
  readonly sample: (kind: string, observed: Observed) => void;
  /** What a command that was cut has written down of this kind. */
  readonly earlier: (kind: string) => readonly Observed[];
  /** Between slices of a long run: resolves while nobody wants the machine alone. */
  readonly mayGoOn: () => Promise<void>;
};

/** Fields of one observation; times in milliseconds, in fields that end in `Ms`. */
export type Observed = Readonly<Record<string, unknown>>;

/** `breaks` are sentences; a run without any has passed. */
export type Findings = {
  /** In the order in which they are printed. */
  readonly figures: Readonly<Record<string, string | number>>;
  readonly breaks: readonly string[];
};

export type AcceptRun = {
  /** As in the fault plan: `F-03`. */
  readonly id: string;
  readonly claim: string;
  /** Or why it cannot be run yet. */
  readonly play: ((setting: Setting) => Promise<Findings>) | { readonly notRun: string };
};

export const VERDICTS = ['PASS', 'FAIL', 'NOT RUN'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type Outcome = { readonly id: string; readonly verdict: Verdict; readonly line: string };

const BREAKS_SHOWN = 10;

const outcome = (id: string, verdict: Verdict, words: string): Outcome => ({
  id,
  verdict,
  line: `${verdict} ${id} ${words}`.trimEnd(),
});

/** Plays one run; what it throws is a failure of the run, never of the runner. */
export async function judge({ id, play }: AcceptRun, setting: Setting): Promise<Outcome> {
  if (typeof play !== 'function') return outcome(id, 'NOT RUN', play.notRun);
  const began = performance.now();
  try {
    const { figures, breaks } = await play(setting);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const [load] = loadavg();
    setting.sample('end', { figures, breaks, seconds: Number(seconds), load });
    const words = Object.entries({ ...figures, seconds }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const shown = breaks.slice(0, BREAKS_SHOWN).map((each) => `\n     ${each}`);
    const more =
      breaks.length > BREAKS_SHOWN ? `\n     and ${breaks.length - BREAKS_SHOWN} more` : '';
    const verdict = breaks.length === 0 ? 'PASS' : 'FAIL';
    return outcome(id, verdict, `${words.join(' ')}${shown.join('')}${more}`);
  } catch (error) {
    return outcome(
      id,
      'FAIL',
      `did not come to its end: ${(error as Error).stack ?? String(error)}`,
    );
  }
}

/** 0 where everything passed, 1 where anything failed, 2 where something could not be run. */
export function exitCodeOf(outcomes: readonly Outcome[]): 0 | 1 | 2 {
  if (outcomes.some(({ verdict }) => verdict === 'FAIL')) return 1;
  return outcomes.every(({ verdict }) => verdict === 'PASS') ? 0 : 2;
}

/** `3 passed, 0 failed, 2 not run`. */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const count = (verdict: Verdict): number =>
    outcomes.filter((each) => each.verdict === verdict).length;
  return `${count('PASS')} passed, ${count('FAIL')} failed, ${count('NOT RUN')} not run`;
}
