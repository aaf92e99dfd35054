// docs/schema.md says what the migrations make; `npm run docs` writes it anew.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { schemaPage } from '../../scripts/schema-page.ts';
import { createTestDatabase } from '../harness/database.ts';

test('docs/schema.md is up to date', async () => {
  const database = await createTestDatabase();
  const text = await schemaPage(database.db);
  await database.drop();
  const page = new URL('../../docs/schema.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(text);
});
