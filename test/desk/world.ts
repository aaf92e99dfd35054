// A desk on a database of its own: a merchant, traders with deposits, requisites, and a clock.

import { randomBytes, randomUUID } from 'node:crypto';
import { audit } from '../../src/ledger/audit.ts';
import { balancesOf } from '../../src/ledger/balances.ts';
import { createMerchants } from '../../src/merchants/merchants.ts';
import { shell } from '../../src/merchants/staff-log.ts';
import { insertUser } from '../../src/merchants/user-rows.ts';
import { VAULT_KEY_BYTES, createVault } from '../../src/merchants/vault.ts';
import { type Leased, type NotLeased, createLeasing } from '../../src/desk/leasing.ts';
import type { LeaseRequest } from '../../src/desk/placing.ts';
import { type NewRequisite, createRequisites } from '../../src/desk/requisites.ts';
import { type Settlement, settleLeases } from '../../src/desk/settling.ts';
import { createTraders } from '../../src/desk/traders.ts';
import { createTestDatabase } from '../harness/database.ts';

export type DeskWorld = Awaited<ReturnType<typeof createDeskWorld>>;

/** Saturday noon. */
const start = '2026-01-31T12:00:00.000Z';

export async function createDeskWorld() {
  const { db, drop } = await createTestDatabase();
  const clock = { at: new Date(start) };
  const now = (): Date => clock.at;
  const secretKey = randomBytes(VAULT_KEY_BYTES);
  const vault = createVault(secretKey);
  const merchants = createMerchants({ db, now });
  const merchant = await merchants.create('Desk shop');
  const requisites = createRequisites({ db, vault, secretKey, now });
  const traders = createTraders({ db, now });
  const lease = createLeasing({ vault, now, expecting: async () => undefined });
  let accounts = 0;

  /** A bank account of the merchant in USD, without limits unless said otherwise. */
  function addRequisite(change: Partial<NewRequisite> = {}) {
    accounts += 1;
    const number = `ACC${accounts.toString().padStart(8, '0')}`;
    const own = { merchantId: merchant.id, mode: 'live', traderId: null } as const;
    const account = { kind: 'account', currency: 'USD', number, holder: 'Ada Lovelace' } as const;
    return requisites.add({ ...own, ...account, ...change }, shell);
  }

  /** A trader with so much USD on deposit. */
  async function addTrader(units: bigint): Promise<string> {
    const id = randomUUID();
    await insertUser(db, {
      id,
      merchantId: merchant.id,
      role: 'trader',
      mode: 'live',
      email: `${id}@example.com`,
      passwordHash: 'none',
      firstName: '',
      lastName: '',
      language: 'en',
      phone: null,
      country: null,
      token: randomUUID(),
      createdAt: clock.at,
    });
    if (units > 0n) await deposit(id, units);
    return id;
  }

  function deposit(traderId: string, units: bigint, direction: 'in' | 'out' = 'in') {
    const change = {
      traderId,
      amount: { units, asset: 'USD' },
      direction,
      reference: randomUUID(),
    };
    return traders.changeDeposit(change, shell);
  }

  function request(units: bigint, change: Partial<LeaseRequest> = {}): LeaseRequest {
    return {
      reference: randomUUID(),
      merchantId: merchant.id,
      paymentId: randomUUID(),
      mode: 'live',
      way: 'bank',
      amount: { units, asset: 'USD' },
      ...change,
    };
  }

  /** In one transaction of their own. */
  function leaseAll(requests: readonly LeaseRequest[]) {
    return db.transaction((tx) => lease(tx, requests));
  }

  async function leaseOne(units: bigint, change: Partial<LeaseRequest> = {}): Promise<Leased> {
    const [answer] = await leaseAll([request(units, change)]);
    if (!answer || !isLeased(answer)) throw new Error(answer?.refusal ?? 'no answer');
    return answer;
  }

  async function refusalOf(units: bigint, change: Partial<LeaseRequest> = {}): Promise<NotLeased> {
    const [answer] = await leaseAll([request(units, change)]);
    if (!answer || isLeased(answer)) throw new Error('it was leased');
    return answer;
  }

  /** Leases in a transaction that stays open until `end` is called. */
  async function holdLease(requests: readonly LeaseRequest[]) {
    const ending = Promise.withResolvers<void>();
    const leased = Promise.withResolvers<void>();
    const done = db.transaction(async (tx) => {
      await lease(tx, requests).then(() => leased.resolve(), leased.reject);
      await ending.promise;
    });
    await leased.promise;
    return {
      end: async () => {
        ending.resolve();
        await done;
      },
    };
  }

  function settle(instructionId: string, state: Settlement['state'], receivedUnits: bigint) {
    const settlement = { merchantId: merchant.id, instructionId, state, receivedUnits };
    return db.transaction((tx) => settleLeases(tx, [settlement], clock.at));
  }

  async function balances(): Promise<Record<string, bigint>> {
    const rows = await balancesOf(db, merchant.id, 'live');
    return Object.fromEntries(rows.map(({ account, amount }) => [account, amount.units]));
  }

  return {
    db,
    clock,
    merchant,
    merchants,
    vault,
    requisites,
    traders,
    lease,
    addRequisite,
    addTrader,
    deposit,
    request,
    leaseAll,
    leaseOne,
    refusalOf,
    holdLease,
    settle,
    balances,
    auditOk: async () => (await audit(db)).ok,
    list: () => requisites.list({ merchantId: merchant.id }),
    close: drop,
  };
}

export function isLeased(answer: Leased | NotLeased): answer is Leased {
  return 'amount' in answer;
}
