// What viewers see of a payment, read once per change however many are watching.

import { createHash } from 'node:crypto';
import type { MethodChoice } from '../payments/choose.ts';
import type { Facts } from '../payments/facts.ts';
import type { PaymentView } from '../payments/nouns.ts';

export type Snapshot = {
  readonly view: PaymentView;
  readonly facts: Facts;
  readonly methods: readonly MethodChoice[];
  readonly merchant: string;
  /** Changes whenever a page that shows this payment may look different. */
  readonly version: string;
};

export type Snapshots = {
  /** By id or reference; from memory while it is fresh and nobody has said that it changed. */
  read(name: string): Promise<Snapshot | null>;
  /** The same, but never older than this call. */
  readFresh(name: string): Promise<Snapshot | null>;
  /** Calls back with every new version until the answer is called. */
  watch(id: string, listener: (snapshot: Snapshot) => void): () => void;
  close(): void;
};

export type SnapshotsDeps = {
  readonly findForPage: (name: string) => Promise<PaymentView | null>;
  readonly facts: (view: PaymentView) => Promise<Facts>;
  readonly methods: (view: PaymentView) => Promise<readonly MethodChoice[]>;
  readonly merchantName: (merchantId: string) => Promise<string>;
  readonly onChange: (paymentId: string, listener: () => void) => () => void;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
};

type Entry = {
  snapshot: Snapshot;
  readAt: number;
  /** Counts what was said to have changed; a read begun before the last of it is not fresh. */
  changes: number;
  loading: { readonly at: number; readonly promise: Promise<Snapshot | null> } | null;
  stale: boolean;
  readonly listeners: Set<(snapshot: Snapshot) => void>;
  readonly unsubscribe: () => void;
};

/** Bounds how old a page can be should a wake-up from another process be lost. */
const FRESH_MS = 3_000;
/** Confirmations grow without an event, so watched payments are looked at again this often. */
const RECHECK_MS = 5_000;
const MOST_ENTRIES = 4_000;

export function createSnapshots(deps: SnapshotsDeps): Snapshots {
  const entries = new Map<string, Entry>();
  const idsByReference = new Map<string, string>();
  let timer: NodeJS.Timeout | null = null;

  function find(name: string): Entry | undefined {
    return entries.get(idsByReference.get(name) ?? name);
  }

  async function read(name: string): Promise<Snapshot | null> {
    const entry = find(name);
    const ageMs = entry ? deps.now().getTime() - entry.readAt : 0;
    if (entry && !entry.stale && ageMs < FRESH_MS) return entry.snapshot;
    return entry ? refresh(entry) : first(name);
  }

  async function readFresh(name: string): Promise<Snapshot | null> {
    const entry = find(name);
    if (!entry) return first(name);
    entry.stale = true;
    entry.changes += 1;
    return refresh(entry);
  }

  async function first(name: string): Promise<Snapshot | null> {
    const snapshot = await load(name);
    if (snapshot !== null) keep(snapshot);
    return snapshot;
  }

  function keep(snapshot: Snapshot): void {
    const { id, reference } = snapshot.view.payment;
    if (entries.has(id)) return;
    if (entries.size >= MOST_ENTRIES) dropOldest();
    const entry: Entry = {
      snapshot,
      readAt: deps.now().getTime(),
      changes: 0,
      loading: null,
      stale: false,
      listeners: new Set(),
      unsubscribe: deps.onChange(id, () => changed(entry)),
    };
    entries.set(id, entry);
    idsByReference.set(reference, id);
    timer ??= setInterval(recheck, RECHECK_MS).unref();
  }

  function changed(entry: Entry): void {
    entry.stale = true;
    entry.changes += 1;
    if (entry.listeners.size > 0) refresh(entry).catch(deps.onError);
  }

  /** Whoever asks while a read is under way shares it, unless something changed since it began. */
  function refresh(entry: Entry): Promise<Snapshot | null> {
    if (entry.loading?.at === entry.changes) return entry.loading.promise;
    const at = entry.changes;
    const promise = load(entry.snapshot.view.payment.id)
      .then((snapshot) => (snapshot && settle(entry, snapshot, at)) ?? snapshot)
      .finally(() => {
        if (entry.loading?.at === at) entry.loading = null;
      });
    entry.loading = { at, promise };
    return promise;
  }

  function settle(entry: Entry, snapshot: Snapshot, at: number): Snapshot {
    // A slower read that began earlier must not put an older picture over a newer one.
    if (at < entry.changes && !entry.stale) return entry.snapshot;
    const news = snapshot.version !== entry.snapshot.version;
    entry.snapshot = snapshot;
    entry.readAt = deps.now().getTime();
    if (at === entry.changes) entry.stale = false;
    if (news) for (const listener of entry.listeners) listener(snapshot);
    return snapshot;
  }

  async function load(name: string): Promise<Snapshot | null> {
    const view = await deps.findForPage(name);
    if (view === null) return null;
    const facts = await deps.facts(view);
    const { status, direction } = view.payment;
    const payable = status === 'awaiting' && direction === 'in';
    const methods = payable ? await deps.methods(view) : [];
    const merchant = await deps.merchantName(view.payment.merchantId);
    return { view, facts, methods, merchant, version: versionOf(view, facts) };
  }

  function recheck(): void {
    for (const entry of entries.values()) {
      const old = deps.now().getTime() - entry.readAt >= FRESH_MS;
      if (entry.listeners.size > 0) changed(entry);
      else if (old && entry.loading === null) drop(entry);
    }
  }

  function dropOldest(): void {
    for (const entry of entries.values()) {
      if (entry.listeners.size > 0) continue;
      drop(entry);
      return;
    }
  }

  function drop(entry: Entry): void {
    const { id, reference } = entry.snapshot.view.payment;
    entry.unsubscribe();
    entries.delete(id);
    idsByReference.delete(reference);
    if (entries.size === 0) stopTimer();
  }

  function stopTimer(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  function watch(id: string, listener: (snapshot: Snapshot) => void): () => void {
    const entry = entries.get(id);
    if (!entry) throw new Error('watch a payment that was just read');
    entry.listeners.add(listener);
    return () => entry.listeners.delete(listener);
  }

  function close(): void {
    for (const entry of entries.values()) drop(entry);
    stopTimer();
  }

  return { read, readFresh, watch, close };
}

const VERSION_LENGTH = 16;

function versionOf({ payment, instructions, sightings }: PaymentView, facts: Facts): string {
  const { status, paused, uses, eventSeq, expiresAt } = payment;
  const seen = sightings.map((one) => [one.key, one.present, one.confirmations, one.final]);
  const text = JSON.stringify(
    [status, paused, uses, eventSeq, expiresAt, instructions.map((one) => one.id), seen, facts],
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
  return createHash('sha256').update(text).digest('base64url').slice(0, VERSION_LENGTH);
}
