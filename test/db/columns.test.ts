// Columns: what goes to PostgreSQL as arrays comes back as it was, at the edges of every type.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Columns, type RowOf, defineColumns } from '../../src/db/columns.ts';
import { type TestDatabase, createTestDatabase } from '../harness/database.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase({ empty: true });
});
afterAll(() => own.drop());

const columns = defineColumns({
  a_uuid: 'uuid',
  a_text: 'text',
  a_boolean: 'boolean',
  an_int4: 'int4',
  an_int8: 'int8',
  a_moment: 'timestamptz',
  some_bytes: 'bytea',
  a_numeric: 'numeric',
  a_jsonb: 'jsonb',
  a_date: 'date',
});
type Everything = RowOf<typeof columns>;
type Name = keyof Everything;

const names: readonly Name[] = [
  ...(['a_uuid', 'a_text', 'a_boolean', 'an_int4', 'an_int8', 'a_moment'] as const),
  ...(['some_bytes', 'a_numeric', 'a_jsonb', 'a_date'] as const),
];
const empty: Everything = {
  a_uuid: null,
  a_text: null,
  a_boolean: null,
  an_int4: null,
  an_int8: null,
  a_moment: null,
  some_bytes: null,
  a_numeric: null,
  a_jsonb: null,
  a_date: null,
};

/** As PostgreSQL writes them, so that none of our readers stands between. */
async function textsOf<Row>(of: Columns<Row>, rows: readonly Row[], list: readonly string[]) {
  const shown = list.map((name) => `${name}::text as ${name}`).join(', ');
  return own.db.query<Record<string, string | null>>(
    `select ${shown} from (${of.select(1)}) as given`,
    of.valuesOf(rows),
  );
}

async function comesBack<Of extends Name>(
  name: Of,
  cases: readonly (readonly [Everything[Of], string])[],
): Promise<void> {
  const rows = cases.map(([value]) => ({ ...empty, [name]: value }));
  const texts = await textsOf(columns, rows, [name]);
  expect(texts.map((row) => row[name])).toEqual(cases.map(([, text]) => text));
}

test('uuid: either case', async () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  const [nil, max] = [id.replaceAll(/\w/g, '0'), id.replaceAll(/\w/g, 'f')];
  await comesBack('a_uuid', [
    [id, id],
    [id.toUpperCase(), id],
    [nil, nil],
    [max, max],
  ]);
});

test('text: every character but NUL, byte for byte', async () => {
  const texts = [
    '',
    ' ',
    'plain',
    `it's "quoted" \\ back\\\\slashed {braced,NULL} $1`,
    'NULL',
    'lines\nand\r\nreturns\tand tabs\u0001\u007f',
    '\u0080 ä ß € 漢字 \ufeff\ufffd\uffff',
    '👛',
    'a long one with an emoji at its end, beyond what is short 👨‍👩‍👧',
    // Around the length from which texts are encoded otherwise.
    ...[23, 24, 25].flatMap((length) => ['x'.repeat(length), 'é'.repeat(length)]),
    `${'x'.repeat(23)}é`,
  ];
  await comesBack(
    'a_text',
    texts.map((text) => [text, text]),
  );
});

test('boolean and int4', async () => {
  await comesBack('a_boolean', [
    [true, 'true'],
    [false, 'false'],
  ]);
  const integers = [0, -0, 1, -1, 255, 256, 2 ** 31 - 1, -(2 ** 31)];
  await comesBack(
    'an_int4',
    integers.map((value) => [value, `${value}`]),
  );
});

test('int8: every safe integer', async () => {
  const edges = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
  await comesBack(
    'an_int8',
    edges.flatMap((value) => [value, -value]).map((value) => [value, `${value}`]),
  );
});

test('timestamptz: to the millisecond in any year, and infinity', async () => {
  const moments = [
    '1970-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '1999-12-31T23:59:59.999Z',
    '2000-01-01T00:00:00.000Z',
    '2000-01-01T00:00:00.001Z',
    '2026-02-28T12:34:56.789Z',
    '2285-06-06T06:06:06.007Z',
    '9999-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.001Z',
  ];
  const rows = [...moments.map((text) => new Date(text)), 'infinity' as const].map((a_moment) => ({
    ...empty,
    a_moment,
  }));
  const read = await own.db.query<{ text: string }>(
    `select case when isfinite(a_moment)
              then to_char(a_moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
              else a_moment::text end as text
       from (${columns.select(1)}) as given`,
    columns.valuesOf(rows),
  );
  expect(read.map(({ text }) => text)).toEqual([
    ...moments.map((text) => text.replace('Z', '000')),
    'infinity',
  ]);
});

test('bytea, numeric, jsonb and date', async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await comesBack('some_bytes', [
    [Buffer.alloc(0), '\\x'],
    [every, `\\x${every.toString('hex')}`],
    // A part of a larger one.
    [every.subarray(16, 18), '\\x1011'],
  ]);
  const numerics = [
    '0',
    '-1',
    '9'.repeat(78),
    `-${'9'.repeat(78)}`,
    '0.000000000000000001',
    '1.50',
  ];
  await comesBack(
    'a_numeric',
    numerics.map((value) => [value, value]),
  );
  await comesBack('a_jsonb', [
    ['null', 'null'],
    ['{"b":[1,"\\"\\\\\\n👛"],"a":{}}', '{"a": {}, "b": [1, "\\"\\\\\\n👛"]}'],
  ]);
  const dates = ['1970-01-01', '2000-02-29', '9999-12-31'];
  await comesBack(
    'a_date',
    dates.map((date) => [date, date]),
  );
});

const full: Everything = {
  a_uuid: '01234567-89ab-cdef-0123-456789abcdef',
  a_text: 'text',
  a_boolean: true,
  an_int4: 4,
  an_int8: 8,
  a_moment: 'infinity',
  some_bytes: Buffer.from([1]),
  a_numeric: '1',
  a_jsonb: '[]',
  a_date: '2026-01-31',
};
const missing: Everything = { ...empty, a_text: undefined, a_moment: undefined };

test.each([
  ['first', [empty, full, full]],
  ['last', [full, full, missing]],
  ['between', [full, empty, missing, full]],
  ['all of one row', [empty]],
  ['all of three rows', [missing, empty, empty]],
])('nulls stay in their rows: %s', async (_, rows) => {
  const texts = await textsOf(columns, rows, names);
  const [one] = await textsOf(columns, [full], names);
  expect(Object.values(one ?? {})).not.toContain(null);
  expect(texts).toEqual(rows.map((row) => (row === full ? one : empty)));
});

test.each(names)('a column of nothing but nulls, beside full ones: %s', async (name) => {
  const rows = [full, full].map((row) => ({ ...row, [name]: null }));
  const [one] = await textsOf(columns, [full], names);
  expect(await textsOf(columns, rows, names)).toEqual(rows.map(() => ({ ...one, [name]: null })));
});

test('no rows are no rows', async () => {
  expect(await textsOf(columns, [], names)).toEqual([]);
});

test('rows keep their order', async () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => ({ ...empty, an_int4: index }));
  const texts = await textsOf(columns, rows, ['an_int4']);
  expect(texts.map((row) => row['an_int4'])).toEqual(rows.map(({ an_int4 }) => `${an_int4}`));
});

test('parameters are counted from where they begin', async () => {
  const few = defineColumns({ number: 'int4', key: 'text' });
  expect([few.count, columns.count]).toEqual([2, names.length]);
  const rows = await own.db.query(
    `select $1::int + number as sum, key, $4::text as last from (${few.select(2)}) as given`,
    [40, ...few.valuesOf([{ number: 2, key: 'a' }]), 'z'],
  );
  expect(rows).toEqual([{ sum: 42, key: 'a', last: 'z' }]);
});

test('a text of a megabyte, and small ones after it and beside it', async () => {
  const huge = `${'👛'.repeat(250_000)}${'x'.repeat(1_000_000)}`;
  const bytes = Buffer.alloc(5_000_000, 'ab');
  const rows = [{ ...full, a_text: huge }, { ...full, some_bytes: bytes }, full];
  const earlier = columns.valuesOf([full]);
  const kept = earlier.map((value) => value.toString('hex'));
  const read = await own.db.query<Record<string, unknown>>(
    `select a_text, some_bytes, a_date::text as a_date from (${columns.select(1)}) as given`,
    columns.valuesOf(rows),
  );
  expect(read.map((row) => row['a_text'] === huge)).toEqual([true, false, false]);
  expect(read.map((row) => bytes.equals(row['some_bytes'] as Buffer))).toEqual([
    false,
    true,
    false,
  ]);
  expect(read.map((row) => row['a_date'])).toEqual(rows.map((row) => row.a_date));
  expect(columns.valuesOf([full])).toEqual(earlier);
  // What was given away is not written over.
  expect(earlier.map((value) => value.toString('hex'))).toEqual(kept);
});

test.each(['a\0b', '\0', `${'long '.repeat(10)}\0`])(
  'PostgreSQL refuses a text with a NUL, and its neighbours with it: %j',
  async (text) => {
    const refused = textsOf(columns, [full, { ...full, a_text: text }], names);
    await expect(refused).rejects.toMatchObject({ name: 'error', code: '22021' });
  },
);

test.each<Partial<Everything>>([
  { a_uuid: '' },
  { a_uuid: '0123456789abcdef0123456789abcdef' },
  { a_uuid: '01234567-89ab-cdef-0123-456789abcdeg' },
  { a_uuid: '01234567-89ab-cdef-0123-456789abcde€' },
  { a_uuid: '01234567089ab-cdef-0123-456789abcdef' },
  { a_uuid: '01234567-89ab-cdef-0123-456789abcdef0' },
  { a_text: 'half a pair: \ud83d' },
  { a_text: '\udc5b and the other half, where a text is no longer a short one' },
  { an_int4: 2 ** 31 },
  { an_int4: 1.5 },
  { an_int4: Number.NaN },
  { an_int8: 2 ** 53 },
  { an_int8: 0.5 },
  { an_int8: Number.POSITIVE_INFINITY },
  { a_moment: new Date(Number.NaN) },
])('what the type does not hold does not go out: %j', async (wrong) => {
  expect(() => columns.valuesOf([full, { ...full, ...wrong }])).toThrow(RangeError);
  // And what comes next is as it should be.
  expect(await textsOf(columns, [full], ['a_text'])).toEqual([{ a_text: 'text' }]);
});

test.each<readonly [string, Partial<Everything>]>([
  ['22P02', { a_numeric: 'much' }],
  ['22P02', { a_jsonb: '{' }],
  ['22007', { a_date: 'soon' }],
  ['22008', { a_moment: new Date(-8.64e15) }],
])('PostgreSQL refuses what only it can read: %s %j', async (code, wrong) => {
  await expect(textsOf(columns, [{ ...full, ...wrong }], names)).rejects.toMatchObject({ code });
});
