// What a payer needs to make a transfer: amount, recipient, reference, code, and what comes next.

import { moneyText, walletUri } from './display.ts';
import { type Html, html, type Piece } from './html.ts';
import type { Directions } from './page-model.ts';
import { amountOf, copyField, group, notice } from './parts.ts';
import { qrCode } from './qr.ts';
import type { Line, Transfer } from './transfer.ts';

export function transferBlock(directions: Directions, transfer: Transfer): Html {
  const { code, reference } = transfer;
  return html`<div class="directions"${code === null ? html` data-plain` : null}>${
    code === null ? null : scan(code, `Payment code for ${moneyText(directions.amount)}`)
  }${fields(directions, transfer)}${exactly(directions, transfer)}</div>${nextSteps(reference)}`;
}

/** A recipient's name is pasted into the banking app; the bank's is only compared. */
const pasted: ReadonlySet<string> = new Set(['holder']);

function fields({ amount, uri }: Directions, { number, others, reference, code }: Transfer): Html {
  // On the phone that shows it no code can be scanned, so one that is a link is a button as well.
  const link = code?.standard === 'upi' ? walletUri(code.text) : uri;
  const written = html`<span class="account" translate="no">${reference}</span>`;
  return html`<div class="fields">${[
    copyField('amount', 'Exact amount', amount.exact, amountOf(amount)),
    ...others.filter(({ name }) => pasted.has(name)).map(lineField),
    lineField(number),
    copyField('reference', 'Write this reference', reference, written),
    code?.standard === 'pix' ? codeField(code.text) : null,
    link === null ? null : html`<a class="button primary" href="${link}">Open in your app</a>`,
    restOf(others.filter(({ name }) => !pasted.has(name))),
  ]}</div>`;
}

function exactly({ amount }: Directions, { reference, marked }: Transfer): Html {
  return notice(
    'warn',
    html`<p>Send exactly <strong>${moneyText(amount)}</strong> in one transfer, with the reference
<strong translate="no">${reference}</strong>. Otherwise it may take a person to find your
payment.${
      marked
        ? ' The amount differs a little from the price: it tells your transfer from others.'
        : null
    }</p>`,
  );
}

/** In Brazil the text of a code is pasted into the banking app as often as it is scanned. */
function codeField(text: string): Html {
  return copyField('code', 'Pix copia e cola', text, html`<span class="code">${text}</span>`);
}

function lineField({ name, label, text, groups }: Line): Html {
  const plain = groups.length === 1;
  const shown = plain ? html`<bdi>${text}</bdi>` : groups.map(group);
  const kind = name === 'number' ? 'account' : 'words';
  return copyField(name, label, text, html`<span class="${kind}" translate="no">${shown}</span>`);
}

function restOf(lines: readonly Line[]): Piece {
  if (lines.length === 0) return null;
  return html`<dl class="facts">${lines.map(
    ({ label, text }) =>
      html`<div><dt>${label}</dt><dd translate="no"><bdi>${text}</bdi></dd></div>`,
  )}</dl>`;
}

function scan({ standard, text }: NonNullable<Transfer['code']>, title: string): Html | null {
  const drawn = qrCode(text, title, { cross: standard === 'swiss' });
  return drawn === null
    ? null
    : html`<div class="scan">${drawn}<p>Scan with your banking app</p></div>`;
}

function nextSteps(reference: string): Html {
  return html`<h2>What happens next</h2><ol class="next"><li>Make the transfer in your banking
app. Write <span translate="no">${reference}</span> where it asks for a reference, message or
purpose.</li><li>The recipient confirms the money when it has arrived. That may take some
minutes.</li><li>This page then says so by itself; you need not send any proof.</li></ol>`;
}
