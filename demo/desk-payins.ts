// The pay-ins of a day: asked for, paid, and confirmed by whoever saw the money.

import { type Person, listAll, together } from './desk-http.ts';
import { type Currency, type PlannedPayIn, printUnits, readUnits, shuffled } from './desk-plan.ts';
import type { DeskName, DeskStage, TraderName } from './desk-stage.ts';
import type { Day } from './desk-tally.ts';
import { type StatementLine, camtFile } from './desk-witness.ts';
import { DemoFailed, check, until } from './timeline.ts';

/** What was asked for, and where its payer was told to send which amount. */
export type PayIn = PlannedPayIn & {
  readonly id: string;
  readonly desk: DeskName;
  readonly lease: Lease;
  /** Exactly what the payer was told to send. */
  readonly told: bigint;
};

export type Lease = {
  readonly id: string;
  readonly payment: string;
  readonly reference: string;
  readonly amount: string;
  readonly received: string;
  readonly requisite: { readonly id: string };
  readonly trader: string | null;
  readonly moneys: readonly { readonly witnesses: readonly string[] }[];
};

/** By how much a wrong amount is wrong: by what tells no two payments apart. */
const slips: Readonly<Record<Currency, bigint>> = { EUR: 37n, KRW: 333n, KES: 37n };

/** One hour of the day, from what is asked for in it to what is known at its end. */
export async function playHour(day: Day, planned: readonly PlannedPayIn[]): Promise<PayIn[]> {
  const { stage, tally } = day;
  const early = planned.filter(({ fate }) => fate === 'first');
  // Their payers were told by telephone; each of these currencies has one desk only.
  await together(early, ({ currency, units }) =>
    stage.devices[currency === 'KRW' ? 'min' : 'wanjiru'].tell(currency, units),
  );
  const ids = await together(planned, async (one) => ({ one, id: await stage.shops.askFor(one) }));
  const leases = await allLeases(stage);
  const payIns = ids.map(({ one, id }): PayIn => {
    const lease = leases.get(id);
    if (!lease) throw new DemoFailed('a payment that was just made has no lease');
    return {
      ...one,
      id,
      lease,
      desk: deskOf(stage, lease),
      told: readUnits(lease.amount, one.currency),
    };
  });
  // Those that were paid before they were asked for may be closed by now, or will be soon.
  await until('what came first to be matched', async () => {
    const open = await openLeases(stage);
    return payIns.some(({ fate, id }) => fate === 'first' && open.has(id)) ? null : true;
  });
  await tellAll(day, payIns);
  await importStatements(day, payIns);
  await matchSlips(day, payIns);
  for (const payIn of payIns) note(tally, payIn);
  return payIns;
}

export function openLeases(stage: DeskStage): Promise<ReadonlyMap<string, Lease>> {
  return allLeases(stage, '?status=open');
}

/** By their payments; closed ones too, unless the query says otherwise. */
export async function allLeases(
  { manager }: DeskStage,
  query = '',
): Promise<ReadonlyMap<string, Lease>> {
  const leases = await listAll<Lease>(manager, `leases${query}`);
  return new Map(leases.map((lease) => [lease.payment, lease]));
}

function deskOf({ traders }: DeskStage, { trader }: Lease): DeskName {
  const found = Object.entries(traders).find(([, { userId }]) => userId === trader);
  return (found?.[0] ?? 'own') as DeskName;
}

/** The traders' words and the devices' messages, in any order. */
async function tellAll(day: Day, payIns: readonly PayIn[]): Promise<void> {
  const { stage, random } = day;
  const says = payIns.filter(({ fate }) => fate.startsWith('word'));
  const hears = payIns.filter(({ fate }) => fate.includes('message'));
  const slipped = payIns.filter((one) => isSlip(one) && one.currency !== 'EUR');
  const acts = [
    ...says.map((one) => () => confirm(stage, one)),
    ...hears.map((one) => () => stage.devices[one.desk].tell(one.currency, one.told)),
    ...slipped.map((one) => () => stage.devices[one.desk].tell(one.currency, cameFor(one))),
  ];
  await together(shuffled(acts, random), (act) => act());
}

/** Said twice by every third: the same word is one money. */
async function confirm(stage: DeskStage, { desk, lease, number }: PayIn): Promise<void> {
  const person = personAt(stage, desk);
  const body = number % 2 === 0 ? {} : { reference: `SLIP-${number}` };
  const times = number % 3 === 0 ? 2 : 1;
  for (let at = 0; at < times; at += 1) {
    await person.call(`leases/${lease.id}/confirm`, { body });
  }
}

export function personAt({ manager, traders }: DeskStage, desk: DeskName): Person {
  return desk === 'own' ? manager : traders[desk as TraderName];
}

type Imported = { readonly format: string; readonly entries: number; readonly fresh: number };

/** The bank's files of the hour, brought by whose account it is, and brought once more. */
async function importStatements({ stage }: Day, payIns: readonly PayIn[]): Promise<void> {
  const fee = { direction: 'out', units: 150n, name: 'The bank', text: 'Account fee' } as const;
  for (const desk of ['own', 'anna'] as const) {
    const booked = payIns.filter((one) => one.desk === desk && isBooked(one)).map(lineOf);
    const { id, iban } = stage.ibans[desk];
    const file = camtFile(iban, [...booked, fee]);
    for (const fresh of [booked.length, 0]) {
      const imported = await importFile(stage, desk, { id, file });
      check(imported.fresh === fresh, `${imported.fresh} instead of ${fresh} entries are new`);
    }
  }
}

export function importFile<T extends object = Imported>(
  stage: DeskStage,
  desk: 'own' | 'anna',
  { id, file }: { readonly id: string; readonly file: string },
): Promise<T> {
  const headers = { 'content-type': 'application/xml' };
  const person = personAt(stage, desk);
  return person.call<T>(`statements?requisite=${id}`, { headers, body: file });
}

function isBooked(payIn: PayIn): boolean {
  return payIn.fate.endsWith('statement') || (isSlip(payIn) && payIn.currency === 'EUR');
}

/** Every fifth payer writes nothing that helps: his amount must do. */
function lineOf(payIn: PayIn): StatementLine {
  const { lease, number } = payIn;
  const text = number % 5 === 0 && !isSlip(payIn) ? 'Thank you' : `Order ${lease.reference}`;
  return { direction: 'in', units: cameFor(payIn), name: `Payer ${number}`, text };
}

type InboxItem = {
  readonly id: string;
  readonly amount: string;
  readonly currency: Currency;
  readonly why: string;
};

/** The manager puts wrong amounts to what they were for; of what was short the rest comes. */
async function matchSlips({ stage }: Day, payIns: readonly PayIn[]): Promise<void> {
  const waiting = await waitingInbox(stage);
  for (const payIn of payIns.filter(isSlip)) {
    const { currency, lease } = payIn;
    const amount = printUnits(cameFor(payIn), currency);
    const item = waiting.find((one) => one.currency === currency && one.amount === amount);
    if (!item) throw new DemoFailed(`${amount} ${currency} does not wait in the inbox`);
    await stage.manager.call(`inbox/${item.id}/match`, { body: { lease: lease.id } });
    if (payIn.fate === 'short') await confirm(stage, payIn);
  }
}

export function waitingInbox({ manager }: DeskStage): Promise<InboxItem[]> {
  return listAll<InboxItem>(manager, 'inbox?status=waiting');
}

function isSlip({ fate }: PlannedPayIn): boolean {
  return fate === 'short' || fate === 'over';
}

/** What came first, or alone. */
function cameFor({ fate, currency, told }: PayIn): bigint {
  const slip = slips[currency];
  return told + (fate === 'short' ? -slip : fate === 'over' ? slip : 0n);
}

function note(tally: Day['tally'], payIn: PayIn): void {
  const { id, door, desk, currency, fate, told } = payIn;
  const words = wordsOf(payIn);
  if (words.length > 0) tally.told(id, ...words);
  if (fate === 'expires') return;
  if (fate === 'open') return tally.reserved(desk, currency, told);
  // The house keeps two percent of what xBillion's shop sells.
  const fee = door === 'xbillion-bank' ? told / 50n : 0n;
  const came = fate === 'over' ? cameFor(payIn) : told;
  tally.received(desk, currency, came, fee);
}

/** What each vendor calls it, as often as it changes. */
function wordsOf({ door, fate }: PayIn): string[] {
  if (fate === 'open') return [];
  if (door === 'xbillion-bank') return [fate === 'expires' ? 'rejected' : 'completed'];
  const isLink = door.startsWith('bitxpay');
  if (fate === 'expires') return [isLink ? 'expired' : 'EXPIRED'];
  const first = fate === 'short' ? [isLink ? 'processing' : 'PROCESSING'] : [];
  return [...first, isLink ? 'completed' : 'SUCCESS'];
}
