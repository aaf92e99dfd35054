// measure
import { randomBytes } from 'node:crypto';
import { test } from 'vitest';
import { createTestDatabase } from '../../harness/database.ts';
import { createStore } from '../../../src/rails/utxo/store.ts';
import { createScanner } from '../../../src/rails/utxo/scan.ts';
import { parseBlock } from '../../../src/rails/utxo/block.ts';
import { buildBlock, buildTransaction } from './bytes.ts';
test('m', async () => {
  const { db, drop } = await createTestDatabase();
  await db.query(`insert into utxo_accounts values ('00000000-0000-7000-8000-000000000000','litecoin','x',0,now())`);
  let t = performance.now();
  for (let c=0;c<20;c++) await db.query(`insert into utxo_addresses (chain, script, account_id, index, address, merchant_id, payment_id, instruction_id, assigned_at)
   select 'litecoin', decode('0014' || substr(encode(sha256(i::text::bytea),'hex'),1,40),'hex'), '00000000-0000-7000-8000-000000000000', i, 'ltc1'||i, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() from generate_series(${c*50000+1},${(c+1)*50000}) i`).catch(e=>{console.log(e)});
  console.log('insert', performance.now()-t);
  for (const analyzed of [false, true]) {
    if (analyzed) await db.query('analyze utxo_addresses');
    const rows = await db.query<{script: Buffer}>('select script from utxo_addresses where index % 10000 = 7');
    const txs = Array.from({length: 4000}, (_, k) => buildTransaction([randomBytes(32).toString('hex')+':0'], Array.from({length: k%2?3:2}, (_, j) => ({script: j===0 && k<rows.length ? rows[k]!.script : Buffer.concat([Buffer.from([0,20]), randomBytes(20)]), units: 5n}))));
    const block = buildBlock({hash:'ab'.repeat(32),height:1}, txs, 1700000000);
    const store = createStore({chain:'litecoin', db, now: () => new Date()});
    const scanner = createScanner({node: null as never, store, now: () => new Date(), blocksPerStep: 1});
    for (let i=0;i<5;i++) {
      t = performance.now(); const cpu = process.cpuUsage();
      const hex = block.raw.toString('hex'); 
      const p = parseBlock(Buffer.from(hex,'hex'));
      const t2 = performance.now(); const c2=process.cpuUsage(cpu);
      const r = await scanner.pick(p.transactions, {block: {hash: p.hash, height: 2}, seenAt: new Date()});
      const t3 = performance.now();
      await store.write(1, r.found, []);
      console.log(analyzed, 'bytes', block.raw.length, 'outputs', p.transactions.reduce((n,x)=>n+x.outputs.length,0), 'found', r.found.length, 'parse', (t2-t).toFixed(0), 'cpu', c2.user/1000, 'match', (t3-t2).toFixed(0), 'write', (performance.now()-t3).toFixed(0));
    }
  }
  await drop();
}, 600000);
