// Evidence: what is taken, what it is called, who may fetch it, and where it was shown before.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_EVIDENCE_BYTES, evidenceName, evidenceOf } from '../../../src/desk/evidence.ts';
import { type DisputeWorld, createDisputeWorld } from './world.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

describe('what is taken', () => {
  test.each([
    ['application/pdf', Buffer.from('%PDF-1.7\n%âãÏÓ')],
    ['image/png', png],
    ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['image/webp', Buffer.from('RIFF\u0024\0\0\0WEBPVP8 ', 'latin1')],
    ['image/heic', Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0mif1heic', 'latin1')],
    ['text/plain', Buffer.from('Überweisung 12,50 €\r\n\tReferenz AAA-000000-PMT\n')],
  ])('%s', (type, content) => {
    const hash = createHash('sha256').update(content).digest('hex');
    expect(evidenceOf(content)).toEqual({ type, hash, content });
  });

  test.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['a page', Buffer.from(' \n<!doctype html><script>alert(1)</script>'), /is a PDF/],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'), /PDF/],
    ['a page that says it is UTF-8', Buffer.from('\ufeff<html></html>'), /PDF/],
    ['a program', Buffer.from('7f454c4602010100', 'hex'), /PDF/],
    ['an archive', Buffer.from('504b030414000000', 'hex'), /PDF/],
    ['a picture that moves', Buffer.from('GIF89a\u0001\0'), /PDF/],
    ['a film', Buffer.from('\0\0\0\u0018ftypisom\0\0\0\0', 'latin1'), /PDF/],
    ['text of another encoding', Buffer.from([0x47, 0xfc, 0x6e]), /PDF/],
    ['text with escapes', Buffer.from('\u001b[2J'), /PDF/],
    ['a document further down', Buffer.from('MZ\u0000%PDF-1.7'), /PDF/],
    ['too much', Buffer.alloc(MAX_EVIDENCE_BYTES + 1, 'a'), /at most/],
  ])('but not %s', (_, content, message) => {
    expect(() => evidenceOf(content)).toThrow(message);
  });

  test('as much as may be', () => {
    expect(evidenceOf(Buffer.alloc(MAX_EVIDENCE_BYTES, 'a')).type).toBe('text/plain');
  });
});

describe('names', () => {
  const file = evidenceOf(png);
  test.each([
    ['receipt.png', 'receipt.png'],
    ['../../../etc/passwd', 'passwd'],
    ['C:\\Users\\Ada\\Beleg 1.png', 'Beleg 1.png'],
    ['..', `${file.hash.slice(0, 8)}.png`],
    ['.htaccess', 'htaccess'],
    ['a"; filename="b.html\r\nset-cookie: x', 'a__ filename__b.html__set-cookie_ x'],
    ['\u202egnp.exe', '_gnp.exe'],
    ['', `${file.hash.slice(0, 8)}.png`],
    [null, `${file.hash.slice(0, 8)}.png`],
    [`${'x'.repeat(300)}.png`, `${'x'.repeat(96)}.png`],
  ])('%j is %j', (given, name) => {
    expect(evidenceName(given, file)).toBe(name);
  });
});

describe('in disputes', () => {
  let world: DisputeWorld;
  beforeAll(async () => {
    world = await createDisputeWorld();
  });
  afterAll(() => world.close());

  async function opened() {
    const trader = await world.addTrader(10_000n);
    const { id: payment } = await world.payIn(trader);
    const { dispute } = await world.open(world.boss, { payment });
    return { trader, id: dispute.id };
  }

  test('a file is stored once, and shown where it was shown before', async () => {
    const [one, two] = [await opened(), await opened()];
    const file = { content: png, name: 'receipt.png' };
    await world.disputes.addEvidence(world.boss, one.id, file, 'The receipt.');
    const again = await world.disputes.addEvidence(world.boss, one.id, file, null);
    expect(again.evidence).toHaveLength(1);
    expect(again.evidence[0]).toMatchObject({ name: 'receipt.png', type: 'image/png', alsoIn: [] });
    expect(again.timeline.map(({ act }) => act)).toEqual(['open', 'evidence']);
    const other = { content: png, name: 'mine.png' };
    const shown = await world.disputes.addEvidence(two.trader, two.id, other, null);
    expect(shown.evidence[0]).toMatchObject({
      name: 'mine.png',
      party: 'trader',
      alsoIn: [one.id],
    });
    const { evidence } = await world.disputes.find(world.boss, one.id);
    expect(evidence[0]?.alsoIn).toEqual([two.id]);
    const rows = await world.db.query('select 1 from evidence');
    expect(rows).toHaveLength(1);
  });

  test('a file is sealed at rest, and one of before when it comes again', async () => {
    const { id } = await opened();
    const content = Buffer.from('Card 4242 4242 4242 4242, 100.00 USD');
    const file = { content, name: 'slip.txt' };
    const { evidence } = await world.disputes.addEvidence(world.boss, id, file, null);
    const hash = evidence[0]?.hash ?? '';
    const kept = async (): Promise<Buffer> => {
      const [row] = await world.db.query<{ content: Buffer }>(
        `select content from evidence where hash = decode($1, 'hex')`,
        [hash],
      );
      return row?.content ?? Buffer.alloc(0);
    };
    expect((await kept()).includes('4242')).toBe(false);
    expect(await world.disputes.file(world.boss, id, hash)).toMatchObject({ content });
    await world.db.query(
      `update evidence set content = $2, sealed = false where hash = decode($1, 'hex')`,
      [hash, content],
    );
    expect(await world.disputes.file(world.boss, id, hash)).toMatchObject({ content });
    await world.disputes.addEvidence(world.boss, (await opened()).id, file, null);
    expect((await kept()).includes('4242')).toBe(false);
    expect(await world.disputes.file(world.boss, id, hash)).toMatchObject({ content });
  });

  test('only those who see the dispute fetch its files, and only its own', async () => {
    const [one, two] = [await opened(), await opened()];
    const content = Buffer.from('A statement of account.');
    const { evidence } = await world.disputes.addEvidence(
      one.trader,
      one.id,
      { content, name: 'a.txt' },
      null,
    );
    const hash = evidence[0]?.hash ?? '';
    for (const person of [world.boss, world.operator, one.trader]) {
      const file = await world.disputes.file(person, one.id, hash);
      expect(file).toMatchObject({ content, type: 'text/plain', name: 'a.txt' });
    }
    const gone = { code: 'not_found' };
    await expect(world.disputes.file(two.trader, one.id, hash)).rejects.toMatchObject(gone);
    await expect(world.disputes.file(two.trader, two.id, hash)).rejects.toMatchObject(gone);
    await expect(world.disputes.file(world.boss, two.id, hash)).rejects.toMatchObject(gone);
    for (const path of ['../../secret', '%2e%2e', hash.toUpperCase(), `${hash}/`, '']) {
      await expect(world.disputes.file(world.boss, one.id, path)).rejects.toMatchObject(gone);
    }
  });

  test('what cannot be taken leaves no trace, and what has ended takes no more', async () => {
    const { id, trader } = await opened();
    const page = { content: Buffer.from('<script>'), name: 'receipt.png' };
    await expect(world.disputes.addEvidence(trader, id, page, null)).rejects.toThrow(/PDF/);
    await world.disputes.withdraw(world.boss, id, null);
    const late = { content: Buffer.from('Too late.'), name: null };
    await expect(world.disputes.addEvidence(trader, id, late, null)).rejects.toMatchObject({
      code: 'conflict',
    });
    const { evidence, timeline } = await world.disputes.find(world.boss, id);
    expect([evidence.length, timeline.length]).toEqual([0, 2]);
  });

  test('twenty files, and no more', async () => {
    const { id } = await opened();
    for (let number = 1; number <= 20; number += 1) {
      const file = { content: Buffer.from(`Page ${number}`), name: null };
      await world.disputes.addEvidence(world.boss, id, file, null);
    }
    const more = { content: Buffer.from('Page 21'), name: null };
    await expect(world.disputes.addEvidence(world.boss, id, more, null)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
