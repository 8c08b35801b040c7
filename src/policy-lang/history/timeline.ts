/**
 * One running total over one group of earlier requests, in the order of their times. It reads the
 * requests after any instant; while that instant goes forward each of them is added and taken away
 * once, and a step back costs as many steps as requests lie between.
 */

/** What a request adds: an amount, a name to tell apart, or undefined where it is not known. */
export type Measure = bigint | string | undefined;

/** How measures come together. Only `max` needs them to leave in the order in which they came. */
export type Totalling = 'sum' | 'max' | 'distinct';

export class Timeline {
  private readonly totalling: Totalling;
  private readonly times: number[] = [];
  private readonly measures: Measure[] = [];
  /** The first request that counts; those before it have been taken away. */
  private start = 0;
  private unknown = 0;
  private sum = 0n;
  private readonly names = new Map<string, number>();
  /** Amounts that are larger than all after them; the first that counts is the largest. */
  private peaks: bigint[] = [];
  private firstPeak = 0;
  private peaksAreOrdered = true;
  private keptPeak = 0n;

  constructor(totalling: Totalling) {
    this.totalling = totalling;
  }

  insert(at: number, measure: Measure): void {
    const last = this.times.at(-1);
    if (last === undefined || last <= at) {
      this.times.push(at);
      this.measures.push(measure);
      this.add(measure);
      return;
    }
    const place = this.firstAfter(at);
    this.times.splice(place, 0, at);
    this.measures.splice(place, 0, measure);
    if (place < this.start) this.start += 1;
    else {
      this.peaksAreOrdered = false;
      this.add(measure);
    }
  }

  /** Takes away one measure that was inserted at this instant. */
  delete(at: number, measure: Measure): void {
    let place = this.firstAfter(at) - 1;
    while (this.times[place] === at && this.measures[place] !== measure) place -= 1;
    if (this.times[place] !== at) throw new RangeError('nothing like it was inserted');
    this.times.splice(place, 1);
    this.measures.splice(place, 1);
    if (place < this.start) {
      this.start -= 1;
      return;
    }
    if (this.totalling === 'max') this.peaksAreOrdered = false;
    this.remove(measure);
  }

  /** Adds a measure that counts at all times. */
  keep(measure: Measure): void {
    if (this.totalling === 'max' && typeof measure === 'bigint') {
      if (measure > this.keptPeak) this.keptPeak = measure;
    } else this.add(measure);
  }

  /** The total of what came after an instant, or undefined where it is not known. */
  totalAfter(instant: number): bigint | undefined {
    this.moveTo(instant);
    if (this.unknown > 0) return undefined;
    if (this.totalling === 'distinct') return BigInt(this.names.size);
    return this.totalling === 'sum' ? this.sum : this.peak();
  }

  /** Whether a name is among those that the last total counted. */
  counts(name: string): boolean {
    return this.names.has(name);
  }

  private moveTo(instant: number): void {
    const times = this.times;
    while (this.start < times.length && (times[this.start] as number) <= instant) {
      this.remove(this.measures[this.start]);
      this.start += 1;
    }
    while (this.start > 0 && (times[this.start - 1] as number) > instant) {
      this.start -= 1;
      this.peaksAreOrdered = false;
      this.add(this.measures[this.start]);
    }
  }

  private firstAfter(at: number): number {
    let [from, to] = [0, this.times.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.times[middle] as number) > at) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  private add(measure: Measure): void {
    if (measure === undefined) this.unknown += 1;
    else if (typeof measure === 'string') {
      this.names.set(measure, (this.names.get(measure) ?? 0) + 1);
    } else if (this.totalling === 'sum') this.sum += measure;
    else this.addPeak(measure);
  }

  private remove(measure: Measure): void {
    if (measure === undefined) this.unknown -= 1;
    else if (typeof measure === 'string') {
      const left = (this.names.get(measure) ?? 0) - 1;
      if (left > 0) this.names.set(measure, left);
      else this.names.delete(measure);
    } else if (this.totalling === 'sum') this.sum -= measure;
    else if (this.peaks[this.firstPeak] === measure) this.firstPeak += 1;
  }

  private addPeak(amount: bigint): void {
    const peaks = this.peaks;
    while (peaks.length > this.firstPeak && (peaks.at(-1) as bigint) < amount) peaks.pop();
    if (peaks.length === this.firstPeak) [this.peaks, this.firstPeak] = [[amount], 0];
    else peaks.push(amount);
  }

  private peak(): bigint {
    if (!this.peaksAreOrdered) {
      [this.peaks, this.firstPeak, this.peaksAreOrdered] = [[], 0, true];
      for (const measure of this.measures.slice(this.start)) {
        if (typeof measure === 'bigint') this.addPeak(measure);
      }
    }
    const peak = this.peaks[this.firstPeak] ?? 0n;
    return peak > this.keptPeak ? peak : this.keptPeak;
  }
}
