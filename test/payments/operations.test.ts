// Operations: filters, order, ties and pages against the plainest list there is, after random acts.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { post } from '../../src/ledger/post.ts';
import type { Payment, PaymentView } from '../../src/payments/nouns.ts';
import type {
  OperationFilter,
  OperationSort,
  OperationState,
} from '../../src/payments/operations.ts';
import { type Core, createCore } from '../harness/core.ts';

let core: Core;
let merchantId: string;
beforeAll(async () => {
  core = await createCore();
  merchantId = (await core.merchants.create('Lister')).id;
  await act(randomness(20_261_121), 260);
});
afterAll(() => core.close());

const currencies = ['USD', 'KRW', 'KWD'] as const;

/** A small generator (mulberry32): the same numbers every time. */
function randomness(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Payments both ways, paid, underpaid, taken, closed and refunded, some at the same moment. */
async function act(random: (below: number) => number, acts: number): Promise<void> {
  for (const asset of currencies) await fund(asset);
  const made: Payment[] = [];
  for (let turn = 0; turn < acts; turn += 1) {
    if (random(3) > 0) core.clock.at = new Date(core.clock.at.getTime() + random(5) * 1_000);
    if (made.length < 8 || random(2) === 0) made.push(await make(random));
    else await touch(made[random(made.length)]!, random);
  }
  await core.payments.expireDue();
}

async function make(random: (below: number) => number): Promise<Payment> {
  const price = { units: BigInt(1 + random(40)) * 100n, asset: currencies[random(3)]! };
  const merchantReference = random(4) === 0 ? null : `R${random(60)}`;
  const lifetimeMs = 200_000 + random(400_000);
  const own = { merchantId, price, merchantReference, lifetimeMs };
  if (random(3) > 0) return core.create(own);
  const { payment } = await core.payments.createPayout({
    ...own,
    mode: 'test',
    dialect: 'scripted',
    name: 'Payout',
    payer: {},
    metadata: null,
    successUrl: null,
    cancelUrl: null,
    callbackUrl: null,
    callbackSecret: null,
    dialectData: null,
    idempotency: null,
    destination: { way: 'card', details: {} },
  });
  return payment!;
}

async function touch(payment: Payment, random: (below: number) => number): Promise<void> {
  const scope = { merchantId, mode: 'test' } as const;
  const incoming = [
    () => core.payments.play(payment, 'pay'),
    () => core.payments.play(payment, 'underpay'),
    () => core.payments.play(payment, 'confirm'),
    () => core.payments.play(payment, 'reverse'),
    () => core.payments.play(payment, 'fail'),
    () => core.payments.close(scope, payment.id, 'pause'),
    () => core.payments.close(scope, payment.id, 'refund'),
    () => core.payments.close(scope, payment.id, 'cancel'),
  ];
  const steps = ['take', 'release', 'confirm', 'decline', 'fail', 'reverse'] as const;
  const outgoing = steps.map(
    (step) => () => core.db.transaction((tx) => core.payments.movePayout(tx, payment, step)),
  );
  const acts: (() => Promise<unknown>)[] = payment.direction === 'in' ? incoming : outgoing;
  // What is impossible now is refused, and that is all right.
  await acts[random(acts.length)]?.().catch(() => undefined);
}

async function fund(asset: string): Promise<void> {
  const [debit, credit] = [`test/outside/${asset}/somewhere`, `test/available/${asset}`];
  const amount = { units: 10_000_000n, asset };
  const given = { merchantId, id: asset, debit, credit, amount, paymentId: null, reason: 'given' };
  await core.db.transaction((tx) => post(tx, [given], core.now()));
}

/** The whole of it, sorted and filtered by JavaScript. */
async function plainly(filter: OperationFilter, whose = merchantId): Promise<Payment[]> {
  const rows = await core.db.query<{ id: string; value: string }>(
    `select id from payments where merchant_id = $1 and mode = 'test'`,
    [whose],
  );
  const scope = { merchantId: whose, mode: 'test' } as const;
  const views = await Promise.all(rows.map(({ id }) => core.payments.findOperation(scope, id)));
  const payments = views.flatMap((view) => view?.payment ?? []);
  return payments
    .filter((payment) => isWanted(payment, filter))
    .toSorted((left, right) => compare(left, right, filter));
}

function isWanted(payment: Payment, { direction, currency, states }: OperationFilter): boolean {
  const isIn = ({ status, touched, cause }: OperationState): boolean =>
    status === payment.status &&
    (touched === null || touched === payment.touched) &&
    (cause === null || cause === (payment.cause ?? 'none'));
  return (
    (direction === null || direction === payment.direction) &&
    (currency === null || currency === payment.price.asset) &&
    (states === null || states.some(isIn))
  );
}

const decimals: Readonly<Record<string, bigint>> = { USD: 10n, KRW: 1_000n, KWD: 1n };

function compare(left: Payment, right: Payment, { sort, states }: OperationFilter): number {
  const rank = ({ status, touched }: Payment): number | string =>
    states?.find((one) => one.status === status && (one.touched ?? touched) === touched)?.rank ??
    status;
  const keys: Record<OperationSort['by'], (payment: Payment) => unknown> = {
    created_at: ({ createdAt }) => createdAt.getTime(),
    updated_at: ({ updatedAt }) => updatedAt.getTime(),
    amount: ({ price }) => price.units * decimals[price.asset]!,
    status: rank,
    // Nobody's reference comes last.
    reference: ({ merchantReference }) => merchantReference ?? '\uffff',
  };
  const key = keys[sort.by];
  // Within one status the older comes first.
  const ties = sort.by === 'status' ? keys.created_at : () => 0;
  const found =
    order(key(left), key(right)) || order(ties(left), ties(right)) || order(left.id, right.id);
  return sort.descending ? -found : found;
}

function order(left: unknown, right: unknown): number {
  return left === right ? 0 : (left as string) < (right as string) ? -1 : 1;
}

function filterOf(change: Partial<OperationFilter> = {}): OperationFilter {
  return {
    direction: null,
    states: null,
    currency: null,
    sort: { by: 'created_at', descending: true },
    page: 1,
    size: 7,
    ...change,
  };
}

function ask(filter: OperationFilter, whose = merchantId) {
  return core.payments.operations({ merchantId: whose, mode: 'test' }, filter);
}

function idsOf(views: readonly PaymentView[]): string[] {
  return views.map(({ payment }) => payment.id);
}

const sorts = ['created_at', 'updated_at', 'amount', 'status', 'reference'] as const;
const any = { touched: null, cause: null } as const;
const filters: Readonly<Record<string, Partial<OperationFilter>>> = {
  everything: {},
  'what comes in': { direction: 'in' },
  'what goes out': { direction: 'out' },
  'one currency': { currency: 'KRW' },
  'what nobody has touched': { states: [{ status: 'awaiting', touched: false, cause: null }] },
  'what is being done': {
    states: [
      { status: 'awaiting', touched: true, cause: null },
      { status: 'confirming', ...any },
    ],
  },
  declined: { states: [{ status: 'failed', touched: null, cause: 'declined' }] },
  'failed otherwise': { states: [{ status: 'failed', touched: null, cause: 'none' }] },
  'payouts of one currency that are over': {
    direction: 'out',
    currency: 'USD',
    states: [
      { status: 'completed', ...any },
      { status: 'refunded', ...any },
    ],
  },
  'nothing at all': { states: [] },
  'in an order of our own': {
    states: [
      { status: 'expired', ...any, rank: 0 },
      { status: 'cancelled', ...any, rank: 0 },
      { status: 'completed', ...any, rank: 1 },
      { status: 'awaiting', ...any, rank: 2 },
      { status: 'confirming', ...any, rank: 3 },
    ],
  },
};

test('the random acts have left something of every kind', async () => {
  const payments = await plainly(filterOf());
  const kinds = new Set(payments.map((one) => `${one.direction} ${one.status}`));
  expect(payments.length).toBeGreaterThan(100);
  expect(kinds.size).toBeGreaterThanOrEqual(11);
  expect(payments.some((one) => one.status === 'awaiting' && one.touched)).toBe(true);
  expect(payments.some((one) => one.cause === 'declined')).toBe(true);
  expect(payments.some((one) => one.updatedAt > one.createdAt)).toBe(true);
});

for (const by of sorts) {
  for (const descending of [false, true]) {
    describe(`by ${by}, ${descending ? 'descending' : 'ascending'}`, () => {
      for (const [name, change] of Object.entries(filters)) {
        test(`${name}: page after page, and none past the end`, async () => {
          const filter = filterOf({ ...change, sort: { by, descending } });
          const expected = await plainly(filter);
          const seen: string[] = [];
          const pages = Math.ceil(expected.length / filter.size);
          for (let page = 1; page <= pages; page += 1) {
            const { views, total } = await ask({ ...filter, page });
            expect(total).toBe(expected.length);
            seen.push(...idsOf(views));
          }
          expect(seen).toEqual(expected.map(({ id }) => id));
          for (const page of [pages + 1, 1_000_000_000]) {
            expect(await ask({ ...filter, page })).toEqual({ views: [], total: expected.length });
          }
        });
      }
    });
  }
}

test('views come whole', async () => {
  const payment = await core.create({ merchantId });
  await core.payments.play(payment, 'pay');
  const { views } = await ask(filterOf({ size: 1 }));
  expect(views).toEqual([
    await core.payments.findOperation({ merchantId, mode: 'test' }, payment.id),
  ]);
  expect(views[0]?.sightings).toHaveLength(1);
});

test('other merchants and the other mode are not in it', async () => {
  const other = (await core.merchants.create('Quiet')).id;
  expect(await ask(filterOf(), other)).toEqual({ views: [], total: 0 });
  const live = await core.payments.operations({ merchantId, mode: 'live' }, filterOf());
  expect(live).toEqual({ views: [], total: 0 });
});

describe('tallies', () => {
  const counted = `select direction, price_asset, status, touched, paused,
      merchant_reference is not null as referenced, coalesce(cause, 'none') as cause,
      count(*) as payments
    from payments where merchant_id = $1
    group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7`;
  const tallied = `select direction, price_asset, status, touched, paused, referenced, cause,
      sum(payments)::bigint as payments
    from payment_tallies where merchant_id = $1 group by 1, 2, 3, 4, 5, 6, 7
    having sum(payments) <> 0 order by 1, 2, 3, 4, 5, 6, 7`;

  async function compareAll(): Promise<void> {
    const ids = await core.db.query<{ id: string }>('select id from merchants');
    for (const { id } of ids) {
      expect(await core.db.query(tallied, [id])).toEqual(await core.db.query(counted, [id]));
    }
  }

  function fold(): Promise<void> {
    const job = core.payments.jobs.find(({ name }) => name === 'payments.fold-tallies');
    return job!.run({});
  }

  test('say what a count says, before and after they are summed up', async () => {
    await compareAll();
    await fold();
    await compareAll();
    await act(randomness(7), 60);
    await compareAll();
  });

  test('creates, changes and folding at the same time', async () => {
    const busy = (await core.merchants.create('Busy')).id;
    const work = Array.from({ length: 400 }, async (_, at) => {
      const payment = await core.create({ merchantId: busy });
      if (at % 3 === 0)
        await core.payments.close({ merchantId: busy, mode: 'test' }, payment.id, 'cancel');
    });
    const totals: number[] = [];
    let isDone = false;
    const looking = (async () => {
      while (!isDone) {
        await fold();
        totals.push((await ask(filterOf({ size: 1 }), busy)).total);
      }
    })();
    await Promise.all(work);
    isDone = true;
    await looking;
    // Payments only ever become more here: a sum taken in the middle of a fold would go back.
    expect(totals).toEqual(totals.toSorted((left, right) => left - right));
    expect((await ask(filterOf(), busy)).total).toBe(400);
    await fold();
    await compareAll();
    const [row] = await core.db.query<{ rows: number }>(
      'select count(*) as rows from payment_tallies where merchant_id = $1',
      [busy],
    );
    expect(row!.rows).toBeLessThanOrEqual(100);
  });

  test('what is written by hand counts as well', async () => {
    const whose = (await core.merchants.create('By hand')).id;
    const payment = await core.create({ merchantId: whose });
    await core.db.query(`update payments set mode = 'live', status = 'failed' where id = $1`, [
      payment.id,
    ]);
    expect((await ask(filterOf(), whose)).total).toBe(0);
    const live = await core.payments.operations({ merchantId: whose, mode: 'live' }, filterOf());
    expect(idsOf(live.views)).toEqual([payment.id]);
    await core.db.query('delete from payments where id = $1', [payment.id]);
    const after = await core.payments.operations({ merchantId: whose, mode: 'live' }, filterOf());
    expect(after).toEqual({ views: [], total: 0 });
  });
});

test('a merchant with more rows of tallies than are read gladly', async () => {
  const whose = (await core.merchants.create(randomUUID())).id;
  await core.db.query(
    `insert into payment_tallies (merchant_id, mode, direction, price_asset, status, touched,
       referenced, paused, cause, payments)
     select $1, 'test', 'in', 'USD', 'awaiting', false, false, false, 'none', (at % 2) * 2 - 1
       from generate_series(1, 2500) as at`,
    [whose],
  );
  await core.create({ merchantId: whose });
  expect((await ask(filterOf(), whose)).total).toBe(1);
  const [row] = await core.db.query<{ rows: number }>(
    'select count(*) as rows from payment_tallies where merchant_id = $1',
    [whose],
  );
  expect(row).toEqual({ rows: 1 });
});
