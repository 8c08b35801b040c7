/** What a soak is: a claim, and how many random cases of it are tried. */
import fc from 'fast-check';

export type SoakOptions = {
  readonly seed: number;
  readonly runs: number;
  /** Bounds of time count in the command's run; tests have none. */
  readonly isTimed?: boolean;
  /** Hears how many cases are done. */
  readonly tell?: (done: number) => void;
};

/** What was found, in words that repeat it. */
export type Finding = string;

export type Soak = {
  readonly id: string;
  readonly claim: string;
  /** Cases in the short profile, which `npm test` runs, and in the full one; 0: only in full. */
  readonly runs: { readonly short: number; readonly full: number };
  /** Undefined where the claim holds. */
  readonly check: (options: SoakOptions) => Promise<Finding | undefined>;
};

/** A soak that tries one property on random values; fast-check shrinks what fails. */
export function propertySoak<T>(
  { id, claim, runs }: Pick<Soak, 'id' | 'claim' | 'runs'>,
  values: fc.Arbitrary<T>,
  requireHolds: (value: T, options: { readonly isTimed: boolean }) => void,
): Soak {
  return {
    id,
    claim,
    runs,
    check({ seed, runs: numRuns, isTimed = false, tell }) {
      let done = 0;
      const property = fc.property(values, (value) => {
        requireHolds(value, { isTimed });
        done += 1;
        tell?.(done);
      });
      const details = fc.check(property, { seed, numRuns, includeErrorInReport: true });
      return Promise.resolve(details.failed ? fc.defaultReportMessage(details) : undefined);
    },
  };
}
