// Devices: phones and mailboxes that forward what banks write, each with a key to sign with.

import { randomBytes } from 'node:crypto';
import type { Database, Tx } from '../../db/database.ts';
import type { Mode } from '../../db/mode.ts';
import { newId } from '../../merchants/ids.ts';
import { record } from '../../merchants/staff-log.ts';
import type { Vault } from '../../merchants/vault.ts';
import { type Owner, type Worker, sees } from '../person.ts';
import { DeskRefused } from '../refused.ts';
import { assertTrader } from '../traders.ts';

export type Device = Owner & {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly lastCounter: number;
  /** Messages that it counted and that have not come. */
  readonly missing: number;
  /** Its last message or heartbeat. */
  readonly heardAt: Date | null;
  /** It has been silent for too long. */
  readonly silent: boolean;
  readonly createdAt: Date;
};

export type Devices = {
  /** The secret is told this once. */
  create(
    worker: Worker,
    device: { readonly name: string; readonly traderId: string | null },
  ): Promise<{ device: Device; secret: string }>;
  list(worker: Worker, page: { after: string | null; limit: number }): Promise<Device[]>;
  /** Null: there is none, or not at this desk. */
  setActive(worker: Worker, id: string, active: boolean): Promise<Device | null>;
};

const SECRET_BYTES = 32;
const MAX_NAME = 100;
/** A device tells that it lives every minute or so. */
const SILENT_AFTER_MS = 5 * 60_000;

export function createDevices(deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly now: () => Date;
}): Devices {
  const { db, vault, now } = deps;

  async function create(
    worker: Worker,
    given: { readonly name: string; readonly traderId: string | null },
  ): Promise<{ device: Device; secret: string }> {
    const name = given.name.trim();
    if (name === '' || name.length > MAX_NAME) {
      throw new DeskRefused(`a name has 1 to ${MAX_NAME} characters`);
    }
    const { merchantId, mode, actor } = worker;
    const traderId = worker.traderId ?? given.traderId;
    const id = newId();
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    const device = await db.transaction(async (tx) => {
      if (traderId !== null) await assertTrader(tx, { merchantId, mode, traderId });
      await tx.query(
        `insert into desk_devices (merchant_id, id, mode, trader_id, name, secret, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [merchantId, id, mode, traderId, name, vault.seal(secret, secretContext(id)), now()],
      );
      const act = { action: 'device.created', subject: id, details: { name, traderId } };
      await record(tx, { ...actor, ...act, at: now(), merchantId });
      return readDevice(tx, merchantId, id, now());
    });
    if (!device) throw new Error('the device is gone');
    return { device, secret };
  }

  return {
    create,
    list: async ({ merchantId, mode, traderId }, { after, limit }) => {
      const rows = await db.query<DeviceRow>(
        `select ${columns} from desk_devices
          where merchant_id = $1 and mode = $2 and ($3::uuid is null or trader_id = $3)
            and ($4::uuid is null or id > $4)
          order by id limit $5`,
        [merchantId, mode, traderId, after, limit],
      );
      return rows.map((row) => deviceOf(row, now()));
    },
    setActive: (worker, id, active) =>
      db.transaction(async (tx) => {
        const { merchantId, actor } = worker;
        const before = await readDevice(tx, merchantId, id, now());
        if (!before || !sees(worker, before)) return null;
        await tx.query('update desk_devices set active = $3 where merchant_id = $1 and id = $2', [
          merchantId,
          id,
          active,
        ]);
        const act = { action: 'device.changed', subject: id, details: { active } };
        await record(tx, { ...actor, ...act, at: now(), merchantId });
        return { ...before, active };
      }),
  };
}

/** Binds the sealed key to its row. */
export function secretContext(id: string): string {
  return `device ${id}`;
}

const columns = `merchant_id as "merchantId", mode, trader_id as "traderId", id, name, active,
  last_counter as "lastCounter", missing_count as missing, heard_at as "heardAt",
  created_at as "createdAt"`;

type DeviceRow = Omit<Device, 'silent' | 'mode'> & { readonly mode: Mode };

function deviceOf(row: DeviceRow, now: Date): Device {
  const heard = row.heardAt?.getTime() ?? 0;
  return { ...row, silent: row.active && now.getTime() - heard > SILENT_AFTER_MS };
}

async function readDevice(
  tx: Tx,
  merchantId: string,
  id: string,
  now: Date,
): Promise<Device | null> {
  const [row] = await tx.query<DeviceRow>(
    `select ${columns} from desk_devices where merchant_id = $1 and id = $2`,
    [merchantId, id],
  );
  return row ? deviceOf(row, now) : null;
}
