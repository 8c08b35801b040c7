/** The rules that are not false for one request. An index uses the same object again and again. */
import type { Row } from './row.ts';
import * as truths from './truth.ts';
import type { Truth } from './truth.ts';

/** Whatever is imported is read anew at each use; these are not. */
const { FALSE, TRUE } = truths;

/** More than these are left to the general way of sorting. */
const FEW = 16;

export class Hits {
  /** Rules that are true or missing: the first `count` of these, whatever is behind them. */
  readonly rows: Row[] = [];
  count = 0;
  /** Those of them that are missing; mostly there is none. */
  missing: Set<Row> | undefined = undefined;

  clear(): void {
    this.count = 0;
    this.missing = undefined;
  }

  add(row: Row, truth: Truth): void {
    if (truth === FALSE) return;
    this.rows[this.count++] = row;
    if (truth !== TRUE) (this.missing ??= new Set()).add(row);
  }

  /** Puts them in the order of the files, each once: several keys may have found the same rule. */
  order(): void {
    if (this.count < 2) return;
    if (this.count > FEW) this.orderMany();
    else this.orderFew();
  }

  private orderFew(): void {
    const { rows, count } = this;
    let kept = 1;
    for (let next = 1; next < count; next++) {
      const row = rows[next] as Row;
      let at = kept;
      while (at > 0 && (rows[at - 1] as Row).number > row.number) at -= 1;
      if (at > 0 && rows[at - 1] === row) continue;
      for (let moved = kept; moved > at; moved--) rows[moved] = rows[moved - 1] as Row;
      rows[at] = row;
      kept += 1;
    }
    this.count = kept;
  }

  private orderMany(): void {
    const sorted = [...new Set(this.rows.slice(0, this.count))].toSorted(
      (left, right) => left.number - right.number,
    );
    for (const [at, row] of sorted.entries()) this.rows[at] = row;
    this.count = sorted.length;
  }
}
