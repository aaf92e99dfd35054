import { startGateway, newDataFolder, removeFolder } from './gateway.ts';
import { createInserts } from './limits.ts';
import { migrate } from '../src/db/migrate.ts';
import pg from 'pg';
const dir = await newDataFolder();
const g = await startGateway(dir);
const c = new pg.Client({ ...g.connection }); c.on('error', () => {}); await c.connect();
try {
  await c.query('create database bench');
  const b = { ...g.connection, database: 'bench' };
  await migrate(b);
  const ins = await createInserts(b);
  console.log(ins.tool, 'S', await ins.rowsPerSecond({ rows: 1, clients: 32, seconds: 2 }), 'B', await ins.rowsPerSecond({ rows: 100, clients: 4, seconds: 2 }));
} catch (e) { console.log(e) }
finally { await c.end(); await g.stop(); await removeFolder(dir); }
