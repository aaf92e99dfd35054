// Query parameters of the two lists, and their envelope: wire/xlink.md sections 3.5, 3.6 and 5.

import type { Payments } from '../../payments/payments.ts';
import type { FieldError } from './errors.ts';
import * as read from './faults.ts';
import {
  type OperationType,
  type OperationWord,
  clausesOf,
  operationTypes,
  operationWords,
} from './words.ts';

type Query = Readonly<Record<string, unknown>>;
type Filter = Parameters<Payments['operations']>[1];
type Paging = { readonly page: number; readonly size: number };

type ListQuery = { readonly shopId: number | null; readonly filter: Filter };

type MethodsQuery = Paging & {
  readonly shopId: number;
  readonly operationType: OperationType | null;
  /** Plain decimal text above 0. */
  readonly amount: string | null;
  readonly currency: string | null;
};

const DEFAULT_SIZE = 20;
const MAX_SIZE = 100;
/** Far behind the last page of anybody, and still an exact offset. */
const MAX_PAGE = 1_000_000_000;
const sorts = ['created_at', 'updated_at', 'amount', 'status', 'operation_number'] as const;
const alphabetical: readonly string[] = operationWords.toSorted();
const beyondSize = read.refused(`Input should be less than or equal to ${MAX_SIZE}`);
const oneWord = read.word(operationWords);

/** The filter of the operations, or everything that is wrong, in the order of the page. */
export function readListQuery(query: Query, reportExpired: boolean): ListQuery | FieldError[] {
  const errors: FieldError[] = [];
  const take = taker(query, errors);
  const shopId = take('shop_id', read.positive);
  const type = take('operation_type', read.word(operationTypes));
  const words = take('status', readWords, 'all');
  const currency = take('currency', read.currencyFilter);
  const sort = take('sort_by', read.word(sorts)) ?? 'created_at';
  const order = take('sort_type', read.word(['asc', 'desc'])) ?? 'desc';
  const paging = takePaging(take);
  if (errors.length > 0) return errors;
  // Sorted by the words that are shown, and not by the core's.
  const asked = words ?? (sort === 'status' ? operationWords : null);
  const states = asked?.flatMap((word) => ranked(word, reportExpired)) ?? null;
  const by = sort === 'operation_number' ? ('reference' as const) : sort;
  const direction = type && (type === 'PAYOUT' ? ('out' as const) : ('in' as const));
  const sorted = { by, descending: order === 'desc' };
  return { shopId, filter: { direction, states, currency, sort: sorted, ...paging } };
}

function ranked(word: OperationWord, reportExpired: boolean) {
  const rank = alphabetical.indexOf(word);
  return clausesOf(word, reportExpired).map((clause) => ({ ...clause, rank }));
}

/** The filter of the payment method types, or everything that is wrong. */
export function readMethodsQuery(query: Query): MethodsQuery | FieldError[] {
  const errors: FieldError[] = [];
  const take = taker(query, errors);
  const shopId = take('shop_id', read.positive);
  if (shopId === null && errors.length === 0) {
    errors.push({ loc: ['query', 'shop_id'], ...read.missing });
  }
  const operationType = take('operation_type', read.word(operationTypes));
  const amount = take('amount', readAmount);
  const currency = take('currency', read.currencyFilter);
  const paging = takePaging(take);
  if (shopId === null || errors.length > 0) return errors;
  return { shopId, operationType, amount, currency, ...paging };
}

/** A page of items that are JSON text already. */
export function envelope(items: readonly string[], { page, size }: Paging, total: number): string {
  const pages = Math.ceil(total / size);
  const numbers = `"page":${page},"size":${size},"total":${total},"pages":${pages}`;
  return `{"data":[${items.join(',')}],${numbers}}`;
}

type Take = <T>(name: string, reader: (value: unknown) => read.Read<T>, which?: 'all') => T | null;

// Of a repeated parameter the last one counts, unless all are asked for. An empty one is wrong
// where its reader says so: nobody can tell what was meant.
function taker(query: Query, errors: FieldError[]): Take {
  return (name, reader, which) => {
    const given = Object.hasOwn(query, name) ? query[name] : undefined;
    if (given === undefined) return null;
    const found = reader(which === 'all' || !Array.isArray(given) ? given : given.at(-1));
    if ('value' in found) return found.value;
    errors.push({ loc: ['query', name], ...found.fault });
    return null;
  };
}

function takePaging(take: Take): Paging {
  const page = take('page', read.positive) ?? 1;
  const size = take('size', readSize) ?? DEFAULT_SIZE;
  return { page: Math.min(page, MAX_PAGE), size };
}

function readSize(value: unknown): read.Read<number> {
  const found = read.positive(value);
  return 'value' in found && found.value > MAX_SIZE ? { fault: beyondSize } : found;
}

/** Words one by one or separated by commas, in any case. */
function readWords(value: unknown): read.Read<OperationWord[]> {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  const found: OperationWord[] = [];
  for (const one of text.split(',')) {
    const word = oneWord(one.trim());
    if ('fault' in word) return word;
    found.push(word.value);
  }
  return { value: found };
}

function readAmount(value: unknown): read.Read<string> {
  const found = read.units(value, null);
  return 'fault' in found ? found : { value: String(value) };
}
