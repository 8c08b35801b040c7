/** Column types that the platform's tables share: exact whole numbers, instants, bytes and ids. */
import { p, Type } from '@mikro-orm/core';
import type { Bytes } from '#core/bytes.ts';
import { type Instant, instant } from '#core/time.ts';

/** `numeric(78,0)` <-> bigint: 78 digits hold every 256-bit number, and no digit is lost. */
class Uint256Column extends Type<bigint, string> {
  override convertToDatabaseValue(value: bigint): string {
    return value === null || value === undefined ? value : value.toString();
  }

  override convertToJSValue(value: string): bigint {
    return value === null || value === undefined ? value : BigInt(value);
  }

  override getColumnType(): string {
    return 'numeric(78,0)';
  }

  override compareAsType(): string {
    return 'bigint';
  }

  override get runtimeType(): string {
    return 'bigint';
  }

  override toJSON(value: bigint): string {
    return value?.toString();
  }
}

/** `bigint` <-> number, for counters and sizes that stay below 2^53. */
class CounterColumn extends Type<number, string> {
  override convertToDatabaseValue(value: number): string {
    return value === null || value === undefined ? value : value.toString();
  }

  override convertToJSValue(value: string): number {
    return value === null || value === undefined ? value : Number(value);
  }

  override getColumnType(): string {
    return 'bigint';
  }

  override compareAsType(): string {
    return 'number';
  }

  override get runtimeType(): string {
    return 'number';
  }
}

/** `timestamptz(3)` <-> milliseconds since 1970. */
class InstantColumn extends Type<Instant, string> {
  override convertToDatabaseValue(value: Instant): string {
    return value === null || value === undefined ? value : new Date(value).toISOString();
  }

  override convertToJSValue(value: string | Date): Instant {
    return value === null || value === undefined ? value : readInstant(value);
  }

  override getColumnType(): string {
    return 'timestamptz(3)';
  }

  override compareAsType(): string {
    return 'number';
  }

  override get runtimeType(): string {
    return 'number';
  }
}

/** What the driver gives for a `timestamptz`, as an instant. */
export const readInstant = (value: string | Date): Instant =>
  instant(value instanceof Date ? value.getTime() : Date.parse(value));

export const uint256 = () => p.type(Uint256Column).$type<bigint>();
export const counter = () => p.type(CounterColumn).$type<number>();
export const at = () => p.type(InstantColumn).$type<Instant>();
export const bytes = () => p.uint8array().$type<Bytes>();
/** Text whose type is narrower than string: a branded id, an asset, a fixed set of words. */
export const textOf = <T extends string>() => p.text().$type<T>();
/** `jsonb` of plain values. */
export const jsonOf = <T>() => p.json<T>();
