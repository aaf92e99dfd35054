// Receiving: what a device forwards is proved to be its own, kept, read and put into the inbox.

import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Database, Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import { newId, uuidPattern } from '../../merchants/ids.ts';
import type { Vault } from '../../merchants/vault.ts';
import type { Inbox } from '../inbox.ts';
import { incomingOfMessage } from '../matching/witnessed.ts';
import type { Owner } from '../person.ts';
import { secretContext } from './devices.ts';
import { type ReadMessage, createMessageMatcher } from './matcher.ts';
import { messageTemplates } from './templates.ts';

/** What came over the wire, before anything of it is believed. */
export type SignedBody = {
  readonly deviceId: string;
  /** Hexadecimal HMAC-SHA-256 of `<device>.<counter>.<timestamp>.` and the body's bytes. */
  readonly signature: string;
  readonly counter: string;
  /** Unix seconds at which it was signed. */
  readonly timestamp: string;
  readonly body: Buffer;
};

export type Forwarded = {
  readonly sender: string;
  readonly text: string;
  readonly receivedAt: Date;
};

export type Received = {
  /** `repeated`: it had come before. `unread`: no template fits; a person can read it. */
  readonly result: 'taken' | 'unread' | 'repeated';
  readonly template: string | null;
  readonly lastCounter: number;
  readonly missing: number;
};

/** The device that signed, as it was before. */
export type Signer = Owner & { readonly id: string; readonly counter: number };

export type Messages = {
  /** Null for an unknown or inactive device, a wrong signature, and a body of another one. */
  verify(signed: SignedBody): Promise<Signer | null>;
  /** `conflict`: this counter stood on another message. */
  receive(signer: Signer, body: Buffer, message: Forwarded): Promise<Received | 'conflict'>;
  /** It lives. `stale`: signed too long ago, or before its last one. */
  beat(signer: Signer, timestamp: Date): Promise<Received | 'stale'>;
};

/** As much as its column holds. */
const MAX_MISSING = 2 ** 31 - 1;
/** Clocks of phones; a heartbeat that is older tells nothing about now. */
const BEAT_LIFE_MS = 5 * 60_000;
const counterForm = /^(?:0|[1-9]\d{0,14})$/;
const timeForm = /^\d{9,11}$/;
const signatureForm = /^[0-9a-f]{64}$/;

export function createMessages(deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly inbox: Pick<Inbox, 'take'>;
  readonly now: () => Date;
}): Messages {
  const { db, vault, inbox, now } = deps;
  const read = createMessageMatcher(messageTemplates);

  async function verify(signed: SignedBody): Promise<Signer | null> {
    const { deviceId, counter, timestamp, signature, body } = signed;
    const isWellFormed =
      uuidPattern.test(deviceId) &&
      counterForm.test(counter) &&
      timeForm.test(timestamp) &&
      signatureForm.test(signature);
    if (!isWellFormed) return null;
    const [row] = await db.query<DeviceKey>(
      `select merchant_id as "merchantId", id, mode, trader_id as "traderId", secret
         from desk_devices where id = $1 and active`,
      [deviceId],
      'desk-device-key',
    );
    if (!row) return null;
    const { secret, ...device } = row;
    const key = vault.open(secret, secretContext(device.id));
    const head = `${device.id}.${counter}.${timestamp}.`;
    const own = createHmac('sha256', key).update(head).update(body).digest();
    if (!timingSafeEqual(own, Buffer.from(signature, 'hex'))) return null;
    return { ...device, counter: Number.parseInt(counter, 10) };
  }

  async function receive(
    signer: Signer,
    body: Buffer,
    message: Forwarded,
  ): Promise<Received | 'conflict'> {
    const found = read(message);
    return db.transaction(async (tx) => {
      const device = await lockDevice(tx, signer);
      const known = await findMessage(tx, signer);
      const digest = hash('sha256', body, 'buffer');
      const { lastCounter, missing } = device;
      if (known) {
        if (!known.bodyHash.equals(digest)) return 'conflict';
        return { result: 'repeated', template: known.template, lastCounter, missing };
      }
      const id = newId();
      await insertMessage(tx, signer, { id, digest, message, template: found?.template ?? null });
      const after = await count(tx, signer, device);
      if (found) await witness(tx, signer, found);
      const template = found?.template ?? null;
      return { result: found ? 'taken' : 'unread', template, ...after };
    });
  }

  /** Last of all: it locks payments. */
  async function witness(tx: Tx, signer: Signer, found: ReadMessage): Promise<void> {
    const { merchantId, mode, traderId, id, counter } = signer;
    const requisites = await requisitesOf(tx, signer, found.fields.amount.asset);
    const incoming = incomingOfMessage(id, found, requisites);
    const sourceKey = `message/${id}/${counter}`;
    const own = { merchantId, mode, traderId };
    await inbox.take(tx, own, [
      {
        ...own,
        source: 'message',
        kind: 'money',
        sourceKey,
        incoming,
      },
    ]);
  }

  async function insertMessage(
    tx: Tx,
    signer: Signer,
    row: { id: string; digest: Buffer; message: Forwarded; template: string | null },
  ): Promise<void> {
    const { id, digest, message, template } = row;
    const content = JSON.stringify({ sender: message.sender, text: message.text });
    await tx.query(
      `insert into desk_messages (merchant_id, id, device_id, counter, body_hash, content, template,
         received_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        signer.merchantId,
        id,
        signer.id,
        signer.counter,
        digest,
        vault.seal(content, `message ${id}`),
        template,
        message.receivedAt,
        now(),
      ],
    );
  }

  async function count(tx: Tx, signer: Signer, device: Counted): Promise<Counted> {
    const { counter } = signer;
    const { lastCounter, missing } = device;
    const after =
      counter > lastCounter
        ? { lastCounter: counter, missing: atMost(missing + counter - lastCounter - 1) }
        : { lastCounter, missing: Math.max(0, missing - 1) };
    await writeDevice(tx, signer, after, now(), null);
    return after;
  }

  async function beat(signer: Signer, timestamp: Date): Promise<Received | 'stale'> {
    if (Math.abs(now().getTime() - timestamp.getTime()) > BEAT_LIFE_MS) return 'stale';
    return db.transaction(async (tx) => {
      const device = await lockDevice(tx, signer);
      if (device.beatAt !== null && timestamp < device.beatAt) return 'stale';
      // It says how many messages it has sent: those that have not come are missing.
      const { lastCounter, missing } = device;
      const lost = Math.max(0, signer.counter - lastCounter);
      const after = { lastCounter: lastCounter + lost, missing: atMost(missing + lost) };
      await writeDevice(tx, signer, after, now(), timestamp);
      return { result: 'taken', template: null, ...after };
    });
  }

  return { verify, receive, beat };
}

function atMost(missing: number): number {
  return Math.min(missing, MAX_MISSING);
}

type DeviceKey = Owner & { readonly id: string; readonly mode: Mode; readonly secret: Buffer };

type Counted = { readonly lastCounter: number; readonly missing: number };

/** Held until the transaction ends: one message of a device at a time. */
async function lockDevice(
  tx: Tx,
  { merchantId, id }: Signer,
): Promise<Counted & { readonly beatAt: Date | null }> {
  const [row] = await tx.query<Counted & { readonly beatAt: Date | null }>(
    `select last_counter as "lastCounter", missing_count as missing, beat_at as "beatAt"
       from desk_devices where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
    'desk-device-lock',
  );
  if (!row) throw new Error('the device is gone');
  return row;
}

async function writeDevice(
  tx: Tx,
  { merchantId, id }: Signer,
  { lastCounter, missing }: Counted,
  heardAt: Date,
  beatAt: Date | null,
): Promise<void> {
  await tx.query(
    `update desk_devices
        set last_counter = $3, missing_count = $4, heard_at = $5, beat_at = coalesce($6, beat_at)
      where merchant_id = $1 and id = $2`,
    [merchantId, id, lastCounter, missing, heardAt, beatAt],
    'desk-device-heard',
  );
}

async function findMessage(
  tx: Tx,
  { id, counter }: Signer,
): Promise<{ bodyHash: Buffer; template: string | null } | null> {
  const [row] = await tx.query<{ bodyHash: Buffer; template: string | null }>(
    `select body_hash as "bodyHash", template from desk_messages
      where device_id = $1 and counter = $2`,
    [id, counter],
    'desk-message-by-counter',
  );
  return row ?? null;
}

/** All that the device can be about, inactive ones too: money comes to them all the same. */
async function requisitesOf(
  tx: Tx,
  { merchantId, mode, traderId }: Owner,
  currency: string,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from requisites
      where merchant_id = $1 and mode = $2 and currency = $3
        and trader_id is not distinct from $4 order by id`,
    [merchantId, mode, currency, traderId],
  );
  return rows.map(({ id }) => id);
}
