/**
 * Which presignatures a set of nodes holds, as the nodes said when they made them. Their ids are no
 * secrets. Two workers may have the same entry: the nodes give it to the first.
 */
import type { PartyId } from '#signing/kernel.ts';

const nameOf = (keyId: string, signers: readonly PartyId[]): string => `${keyId}/${signers.join()}`;

export class PresignatureBook {
  readonly #ids = new Map<string, string[]>();

  /** Replaces what was known of the set by the ids that every one of its nodes has named. */
  put(keyId: string, signers: readonly PartyId[], lists: readonly (readonly string[])[]): void {
    const [first = [], ...others] = lists;
    const sets = others.map((list) => new Set(list));
    const common = first.filter((id) => sets.every((set) => set.has(id)));
    this.#ids.set(nameOf(keyId, signers), common);
  }

  /** So many ids that nobody gets again here, or none where there are fewer. */
  take(keyId: string, signers: readonly PartyId[], count: number): readonly string[] {
    const ids = this.#ids.get(nameOf(keyId, signers)) ?? [];
    return ids.length < count ? [] : ids.splice(-count);
  }

  /** The nodes no longer hold what they said. */
  forget(keyId: string, signers: readonly PartyId[]): void {
    this.#ids.delete(nameOf(keyId, signers));
  }
}
