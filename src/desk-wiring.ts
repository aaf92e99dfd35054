// The desk's part of the composition root: its modules, and what it is to rails, payments and HTTP.

import type { Logger } from 'pino';
import type { Database, Tx } from './db/database.ts';
import { type Confirming, createConfirming } from './desk/confirm.ts';
import { type Disputes, createDisputes } from './desk/disputes/disputes.ts';
import { type Follow, createFollow } from './desk/follow.ts';
import { type Inbox, createInbox, matchJob } from './desk/inbox.ts';
import { desksWaitingFor } from './desk/incoming-rows.ts';
import { type Leases, createLeases } from './desk/lease-list.ts';
import { type ExpectedAmount, type Lease, createLeasing } from './desk/leasing.ts';
import { type Devices, createDevices } from './desk/messages/devices.ts';
import { type Messages, createMessages } from './desk/messages/receive.ts';
import { type Payouts, createPayouts } from './desk/payouts/payouts.ts';
import { type Requisites, createRequisites } from './desk/requisites.ts';
import { type IsServed, createIsServed } from './desk/served.ts';
import { type Statements, createStatements } from './desk/statements/import.ts';
import { type Traders, createTraders } from './desk/traders.ts';
import { createDeskApi } from './dialects/dragoman/desk/desk-api.ts';
import { disputeRoutes } from './dialects/dragoman/desk/disputes.ts';
import type { DoorNeeds } from './dialects/dragoman/desk/door.ts';
import { inboxRoutes } from './dialects/dragoman/desk/inbox.ts';
import { leaseRoutes } from './dialects/dragoman/desk/leases.ts';
import { messageRoutes } from './dialects/dragoman/desk/messages.ts';
import { payoutRoutes } from './dialects/dragoman/desk/payouts.ts';
import { requisiteRoutes } from './dialects/dragoman/desk/requisites.ts';
import { statementRoutes } from './dialects/dragoman/desk/statements.ts';
import type { Api } from './dialects/dialect.ts';
import type { Enqueue, Job } from './jobs/jobs.ts';
import { createVault } from './merchants/vault.ts';
import type { Payments } from './payments/payments.ts';

export type Desk = {
  readonly requisites: Requisites;
  readonly traders: Traders;
  readonly leases: Leases;
  readonly confirming: Confirming;
  readonly inbox: Inbox;
  readonly statements: Statements;
  readonly devices: Devices;
  readonly messages: Messages;
  readonly payouts: Payouts;
  readonly disputes: Disputes;
  /** What the transfer rails ask. */
  readonly rail: { readonly lease: Lease; readonly serves: IsServed };
  readonly follow: Follow;
  readonly jobs: readonly Job[];
};

export type DeskDeps = {
  readonly db: Database;
  /** The installation's key. */
  readonly secretKey: Buffer;
  readonly enqueue: Enqueue;
  readonly now: () => Date;
  readonly log: Logger;
  /** Asked for late: payments need the desk's rails, and the desk needs payments. */
  readonly payments: () => Pick<Payments, 'observed' | 'movePayout'>;
};

export function createDesk(deps: DeskDeps): Desk {
  const { db, secretKey, enqueue, now, log } = deps;
  const vault = createVault(secretKey);
  const report: Payments['observed'] = (tx, rail, seen) => deps.payments().observed(tx, rail, seen);
  const move: Payments['movePayout'] = (tx, key, step) => deps.payments().movePayout(tx, key, step);
  const inbox = createInbox({ db, vault, report, now });
  const payouts = createPayouts({ db, vault, secretKey, now, move });
  const disputes = createDisputes({ db, vault, now, report, movePayout: move });
  const devices = createDevices({ db, vault, now });
  const { confirmSent } = payouts;
  const lease = createLeasing({ vault, now, expecting: lookAgain });
  const follow = createFollow({
    now,
    onMissing: (settled) => log.warn(settled, 'a trader received more than his deposit covers'),
  });
  return {
    requisites: createRequisites({ db, vault, secretKey, now }),
    traders: createTraders({ db, now }),
    leases: createLeases(db),
    confirming: createConfirming({ db, report, inbox, now }),
    inbox,
    statements: createStatements({ db, vault, inbox, confirmSent, now }),
    devices,
    messages: createMessages({ db, vault, inbox, now }),
    payouts,
    disputes,
    rail: { lease, serves: createIsServed(db) },
    follow,
    jobs: [...inbox.jobs, ...payouts.jobs, ...disputes.jobs],
  };

  // Money may have come before the payment for which it is: then it is looked at again.
  async function lookAgain(tx: Tx, expected: readonly ExpectedAmount[]): Promise<void> {
    const runAt = now();
    const desks = await desksWaitingFor(tx, expected);
    const jobs = desks.map((payload) => ({ name: matchJob, payload, runAt }));
    if (jobs.length > 0) await enqueue(tx, jobs);
  }
}

/** The desk over HTTP. */
export function deskApi(desk: Desk, door: DoorNeeds): Api {
  const {
    leases,
    requisites,
    confirming,
    inbox,
    statements,
    devices,
    messages,
    payouts,
    disputes,
  } = desk;
  return createDeskApi(door, [
    requisiteRoutes({ requisites }),
    leaseRoutes({ confirming, leases }),
    inboxRoutes({ inbox }),
    statementRoutes({ statements }),
    messageRoutes({ devices, messages }),
    payoutRoutes({ payouts }),
    disputeRoutes({ disputes }),
  ]);
}
