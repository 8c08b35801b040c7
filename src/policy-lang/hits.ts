/** The rules that are not false for one request. */
import type { Row } from './row.ts';
import { FALSE, TRUE, type Truth } from './truth.ts';

export class Hits {
  /** Rules that are true or missing. */
  readonly rows: Row[] = [];
  /** Those of them that are missing; mostly there is none. */
  missing: Set<Row> | undefined;

  add(row: Row, truth: Truth): void {
    if (truth === FALSE) return;
    this.rows.push(row);
    if (truth !== TRUE) (this.missing ??= new Set()).add(row);
  }

  /** In the order of the files, each once: a rule may be found under several of its keys. */
  inOrder(): readonly Row[] {
    const { rows } = this;
    if (rows.length < 2) return rows;
    rows.sort((left, right) => left.number - right.number);
    let kept = 1;
    for (let at = 1; at < rows.length; at++) {
      const row = rows[at] as Row;
      if (row !== rows[kept - 1]) rows[kept++] = row;
    }
    rows.length = kept;
    return rows;
  }
}
