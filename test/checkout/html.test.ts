// Nothing that is put into a template gets out of its place.

import { describe, expect, test } from 'vitest';
import { type Html, html, type Piece, print } from '../../src/checkout/html.ts';

describe('html', () => {
  test('escapes text and attribute values', () => {
    const text = `<script>"quoted" & 'single' \`back\`</script>`;
    const escaped =
      '&lt;script&gt;&quot;quoted&quot; &amp; &#39;single&#39; &#96;back&#96;&lt;/script&gt;';
    expect(print(html`<p title="${text}">${text}</p>`)).toBe(
      `<p title="${escaped}">${escaped}</p>`,
    );
  });

  test('nests markup, joins lists, prints numbers and leaves nothing out of nothing', () => {
    const items = ['a', 'b&'].map((one) => html`<li>${one}</li>`);
    expect(print(html`<ul>${items}</ul>${null}${false}${7}`)).toBe(
      '<ul><li>a</li><li>b&amp;</li></ul>7',
    );
  });

  test('does not take data for markup, whatever its shape', () => {
    const forged = JSON.parse('{"markup":"<b>","Symbol(markup)":"<b>"}') as Html;
    expect(print(html`<p>${forged as Piece}</p>`)).not.toContain('<b>');
  });

  test('does not read template text inside a value', () => {
    expect(print(html`${'${process.exit(1)} {{7*7}} <%= 1 %>'}`)).toBe(
      '${process.exit(1)} {{7*7}} &lt;%= 1 %&gt;',
    );
  });
});
