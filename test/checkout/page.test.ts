// The document: escaped, free of anything inline, and honest in every state.

import { describe, expect, test } from 'vitest';
import { assets } from '../../src/checkout/assets.ts';
import { renderPage } from '../../src/checkout/page.ts';
import { instruction, pageOf, samples } from './samples.ts';

const frame = { assets, testButtons: true, notice: null };

function render(name: string, changes: Parameters<typeof pageOf>[0] = {}): string {
  const sample = samples[name] ?? {};
  const payment = { ...sample.payment, ...changes.payment };
  const input = { ...sample.input, ...changes.input };
  const view = { ...sample.view, ...changes.view };
  return renderPage(pageOf({ ...sample, payment, input, view }), frame);
}

const attacks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `' autofocus onfocus=alert(1) x='`,
  '</title><script>alert(1)</script>',
  '</style><svg onload=alert(1)>',
  '<!--',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '<%= 7 * 7 %>',
  'javascript:alert(1)',
  'a\r\nSet-Cookie: x=y',
  '&lt;script&gt;',
  '\u2028<b>\u2029',
];

describe('the document', () => {
  test.each(Object.keys(samples))('%s has nothing inline and one heading', (name) => {
    const page = render(name);
    expect(page).not.toMatch(/<script(?![^>]* src=")/);
    expect(page).not.toMatch(/<style|\sstyle="|\son[a-z]+="/);
    expect(page.match(/<h1/g)).toHaveLength(1);
    expect(page).toContain('<html lang="en">');
    expect(page).not.toContain('undefined');
    expect(page).not.toContain('[object');
  });

  test.each(attacks)('%j in every name stays text', (attack) => {
    const clean = tags(render('pay', { input: { merchant: 'm' }, payment: { name: 'n' } }));
    const dirty = render('pay', { input: { merchant: attack }, payment: { name: attack } });
    expect(tags(dirty)).toEqual(clean);
  });

  test.each(attacks)('%j in addresses and links stays text', (attack) => {
    const urls = { successUrl: attack, cancelUrl: attack };
    const evil = instruction({ target: attack, uri: attack });
    const page = render('pay', { payment: urls, view: { instructions: [evil] } });
    expect(tags(page).filter((tag) => /^<(script|img|svg onload|b)\b/.test(tag))).toHaveLength(1);
    expect(page).not.toMatch(/href="\s*(javascript|data):/i);
  });

  test('test mode says so, live mode carries neither banner nor buttons', () => {
    expect(render('choose-test')).toMatch(/no real\s+money moves/);
    expect(render('choose-test')).toContain('name="event"');
    expect(render('choose')).not.toContain('Test mode');
    expect(render('choose')).not.toContain('name="event"');
  });

  test('without a script, only pages that await something reload', () => {
    const names = Object.keys(samples);
    const reloads = names.filter((name) => render(name).includes('http-equiv="refresh"'));
    expect(new Set(reloads.map((name) => pageOf(samples[name] ?? {}).state.kind))).toEqual(
      new Set(['pay', 'short', 'confirming', 'payout']),
    );
    expect(render('pay')).toContain('<noscript><meta http-equiv="refresh"');
  });

  test('the payer finds amount, address and link exactly', () => {
    const page = render('pay');
    expect(page).toContain('data-copy="2.9723811"');
    expect(page).toContain('data-copy="ltc1q9v7zmqkd0rhvn3p4x2w8f5t6u0sayejgc7l2mh"');
    expect(page).toContain(
      'href="litecoin:ltc1q9v7zmqkd0rhvn3p4x2w8f5t6u0sayejgc7l2mh?amount=2.97238110&amp;',
    );
    expect(page).toContain('<svg class="qr"');
  });

  test('whoever transfers finds amount, name, number and reference exactly', () => {
    const page = render('transfer-iban');
    for (const text of ['249.99', 'Ada Lovelace', 'DE89370400440532013000', 'SDF-453672-PMT']) {
      expect(page).toContain(`data-copy="${text}"`);
    }
    expect(page).toContain('<svg class="qr"');
    expect(render('transfer-card')).not.toContain('<svg class="qr"');
    expect(render('transfer-upi')).toContain('href="upi://pay?pa=ada.lovelace@examplebank&amp;');
    expect(render('transfer-pix')).toContain('data-copy="00020126');
  });

  test('once nothing is to be paid any more, no number of an account is shown', () => {
    for (const status of [
      'confirming',
      'completed',
      'failed',
      'expired',
      'cancelled',
      'refunded',
    ]) {
      const page = render('transfer-iban', { payment: { status: status as 'completed' } });
      expect(page).not.toContain('DE89');
    }
  });

  test.each(attacks)('%j in the details of a transfer stays text', (attack) => {
    const names = ['number', 'holder', 'bank', 'bankCode', 'country', 'city', 'expires'];
    const tagsWith = (text: string): string[] => {
      const details = Object.fromEntries(names.map((name) => [name, text]));
      const told = instruction({ details: { ...details, kind: 'wallet' }, uri: null });
      return tags(render('pay', { view: { instructions: [told] } }));
    };
    expect(tagsWith(attack)).toEqual(tagsWith('plain'));
  });

  test('the page of a payout has nothing to press, and no number', () => {
    const names = Object.keys(samples).filter((name) => name.startsWith('payout'));
    for (const name of names) {
      const page = render(name, { payment: { mode: 'test' } });
      expect(page).not.toMatch(/<form|<button type="button" class="copy"|data-copy/);
      expect(page).toContain('Test mode');
    }
    expect(render('payout')).toContain('data-watched');
    expect(render('payout-sent')).not.toContain('data-watched');
  });

  test('a page and its files are small', () => {
    expect(Buffer.byteLength(render('pay'))).toBeLessThan(40_000);
    expect(Buffer.byteLength(render('transfer-swiss'))).toBeLessThan(40_000);
  });
});

function tags(page: string): string[] {
  return (page.match(/<\/?[a-z!][^>]*>/gi) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
}
