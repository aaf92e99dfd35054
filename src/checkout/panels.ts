// What the hosted page says in each of its states: a total record, one panel per state.

import type { Money } from './display.ts';
import { type Html, html } from './html.ts';
import type { Directions, Kind, Page, State } from './page-model.ts';
import {
  amountOf,
  arrivalsList,
  backLink,
  choicesForm,
  directionsBlock,
  heading,
  liveLine,
  mark,
  notice,
} from './parts.ts';
import { payoutPanel, payoutTitle } from './payout-panel.ts';
import { transferBlock } from './transfer-block.ts';

type Of<K extends Kind> = Extract<State, { readonly kind: K }>;
type Panels = { readonly [K in Kind]: (state: Of<K>, page: Page) => Html };

/** The panel of a page's state; markup only, no decisions about money. */
export function panelOf(page: Page): Html {
  return draw(page.state, page);
}

// One lookup cannot tell the compiler that kind and state belong together; this function can.
function draw<K extends Kind>(state: Of<K>, page: Page): Html {
  const panel: (state: Of<K>, page: Page) => Html = panels[state.kind as K];
  return panel(state, page);
}

/** The tab's title and what a screen reader is told when the state changes. */
export function headlineOf(state: State): string {
  return state.kind === 'payout' ? payoutTitle(state.status) : headlines[state.kind];
}

export const headlines: Readonly<Record<Kind, string>> = {
  choose: 'Choose how to pay',
  pay: 'Waiting for your payment',
  short: 'Part of the payment is still missing',
  confirming: 'Payment seen, being confirmed',
  used: 'Payment received',
  completed: 'Payment received',
  refunded: 'Payment refunded',
  failed: 'Payment failed',
  expired: 'Payment time is over',
  cancelled: 'Payment cancelled',
  paused: 'Not taking payments now',
  unavailable: 'No way to pay right now',
  payout: 'Payout',
};

const panels: Panels = {
  choose: (state, page) =>
    html`${heading(null, 'How would you like to pay?', null)}${choicesForm(page, state.choices)}`,
  pay: (state, page) =>
    html`${heading(null, payTitle(state.directions), null)}${blockOf(state.directions)}${liveLine(
      'Waiting for your payment.',
    )}${payFooter(state, page)}`,
  short: shortPanel,
  confirming: (state) =>
    html`${heading(
      mark('wait', 'dots'),
      'Payment seen',
      'Your money is on its way and is being confirmed now; there is nothing more to do.',
    )}${arrivalsList(state.arrivals)}${
      state.over === null
        ? null
        : notice(
            'wait',
            html`<p>That is <strong>${amountOf(state.over)}</strong> more than
asked.</p>`,
          )
    }${liveLine('Waiting for confirmations.')}<p class="soft">You may also close it;
the payment goes on by itself.</p>`,
  used: (state, page) =>
    html`${heading(
      mark('good', 'check'),
      'Payment received',
      html`This link can be paid ${state.maxUses} times; payment ${state.uses} has just arrived.`,
    )}${backLink(page)}<p class="leave"><a href="/link/${page.reference}">Was it not yours? Make
your payment</a></p>`,
  completed: (state, page) =>
    html`${heading(
      mark('good', 'check'),
      'Payment received',
      html`<bdi>${page.merchant}</bdi> has been paid. Thank you.`,
    )}${arrivalsList(state.arrivals)}${
      state.over === null ? null : overNotice(state.over, state.held)
    }${state.over === null && state.held !== null ? heldNotice(state.held) : null}`,
  refunded: () =>
    html`${heading(
      mark('still', 'back'),
      'Payment refunded',
      'This payment was completed and later given back.',
    )}`,
  failed: (state) =>
    html`${heading(
      mark('bad', 'cross'),
      'Payment failed',
      'This payment did not go through and takes no more money. Please do not send any.',
    )}${heldNotice(state.held)}`,
  expired: (state) =>
    html`${heading(
      mark('still', 'clock'),
      'The time to pay is over',
      'Please do not send money for it now. The shop can give you a new payment link.',
    )}${heldNotice(state.held)}`,
  cancelled: (state) =>
    html`${heading(
      mark('still', 'cross'),
      'Payment cancelled',
      'This payment was cancelled and takes no more money. Please do not send any.',
    )}${heldNotice(state.held)}`,
  paused: (state) =>
    html`${heading(
      mark('still', 'pause'),
      'Not taking payments now',
      'The shop has closed this link to new payers. Money that is already on its way still counts.',
    )}${
      state.received === null
        ? null
        : notice(
            'wait',
            html`<p><strong>${amountOf(state.received)}</strong> arrived before.
Please ask the shop how to go on.</p>`,
          )
    }`,
  payout: ({ status }) => payoutPanel(status),
  unavailable: () =>
    html`${heading(
      mark('still', 'pause'),
      'No way to pay right now',
      'None of the ways to pay can be offered at the moment. Please try again in a minute.',
    )}`,
};

function payTitle({ label, transfer }: Directions): Html {
  return transfer === null ? html`Pay with ${label}` : html`${label}`;
}

function restTitle({ label, transfer }: Directions): Html {
  return transfer === null ? html`Pay the rest with ${label}` : html`Transfer the rest`;
}

function blockOf(directions: Directions): Html {
  const { transfer } = directions;
  return transfer === null ? directionsBlock(directions) : transferBlock(directions, transfer);
}

function payFooter(state: Of<'pay'>, page: Page): Html {
  const { rate } = state.directions;
  return html`<div class="aside">${
    rate === null ? null : html`<p class="soft">Fixed for this payment: ${rate}</p>`
  }${
    state.others ? html`<p><a href="/link/${page.reference}">Pay another way</a></p>` : null
  }</div>`;
}

function shortPanel(state: Of<'short'>, page: Page): Html {
  const { directions, choices } = state;
  return html`${heading(
    mark('wait', 'part'),
    'Almost there',
    html`<strong>${amountOf(
      state.received,
    )}</strong> arrived. <strong>${amountOf(state.missing)}</strong> is still missing.`,
  )}${arrivalsList(state.arrivals)}${
    directions === null
      ? html`<h2>Pay the rest</h2>${
          choices.length > 0
            ? choicesForm(page, choices)
            : notice(
                'wait',
                html`<p>No way to pay can be offered at the moment. Please try again
in a minute.</p>`,
              )
        }`
      : html`<h2>${restTitle(directions)}</h2>${blockOf(directions)}${liveLine(
          'Waiting for the rest.',
        )}`
  }`;
}

function overNotice(over: Money, held: Money | null): Html {
  const where =
    held === null
      ? 'It went to the shop with the rest; ask the shop if you want it back.'
      : 'It is kept aside; ask the shop to give it back.';
  return notice(
    'wait',
    html`<p>That was <strong>${amountOf(over)}</strong> more than asked. ${where}</p>`,
  );
}

function heldNotice(held: Money | null): Html | null {
  if (held === null) return null;
  return notice(
    'wait',
    html`<p><strong>${amountOf(held)}</strong> arrived and is on hold: it is
recorded and not lost, but it does not count as paid. Contact the shop and give them the
reference.</p>`,
  );
}
