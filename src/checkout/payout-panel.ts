// The page of a payout: how far it is. Who is paid, and where, is nobody's business here.

import type { Status } from '../payments/machine.ts';
import { type Html, html } from './html.ts';
import { heading, liveLine, mark } from './parts.ts';

type Words = {
  readonly title: string;
  readonly lead: string;
  readonly mood: 'good' | 'wait' | 'bad' | 'still';
  readonly drawing: Parameters<typeof mark>[1];
};

const words: Readonly<Record<Status, Words>> = {
  awaiting: {
    title: 'Payout accepted',
    lead: 'It is waiting to be sent. There is nothing for you to do.',
    mood: 'wait',
    drawing: 'clock',
  },
  confirming: {
    title: 'Payout on its way',
    lead: 'It is being sent now. There is nothing for you to do.',
    mood: 'wait',
    drawing: 'dots',
  },
  completed: {
    title: 'Payout sent',
    lead: 'The money has been sent. Your bank may take a while to show it.',
    mood: 'good',
    drawing: 'check',
  },
  failed: {
    title: 'Payout not possible',
    lead: 'It could not be sent. Please ask the shop how to go on.',
    mood: 'bad',
    drawing: 'cross',
  },
  expired: {
    title: 'Payout not sent',
    lead: 'It could not be sent in time. Please ask the shop how to go on.',
    mood: 'still',
    drawing: 'clock',
  },
  cancelled: {
    title: 'Payout cancelled',
    lead: 'It was cancelled and will not be sent.',
    mood: 'still',
    drawing: 'cross',
  },
  refunded: {
    title: 'Payout returned',
    lead: 'The money came back to the shop. Please ask the shop how to go on.',
    mood: 'still',
    drawing: 'back',
  },
};

/** Whether it may still change by itself. */
export function isPayoutOpen(status: Status): boolean {
  return status === 'awaiting' || status === 'confirming';
}

export function payoutTitle(status: Status): string {
  return words[status].title;
}

export function payoutPanel(status: Status): Html {
  const { title, lead, mood, drawing } = words[status];
  return html`${heading(mark(mood, drawing), title, lead)}${
    isPayoutOpen(status) ? liveLine('Under way.') : null
  }`;
}
