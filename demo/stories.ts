// The stories: what a payer may do, and what must then be true of link, ledger and webhooks.

import { coinsOf, mine, neededBlocks, unitsOf } from './chain.ts';
import { type Bill, type Link, type Seen } from './shop.ts';
import { method, type Stage } from './stage.ts';
import { check, say, until } from './timeline.ts';

export type Story = {
  readonly summary: string;
  readonly lifetimeSeconds: number;
  play(stage: Stage): Promise<void>;
};

const usualSeconds = 1_500;

export const stories: Readonly<Record<string, Story>> = {
  plain: { summary: 'one exact payment', lifetimeSeconds: usualSeconds, play: plain },
  underpay: {
    summary: 'too little first, then the rest',
    lifetimeSeconds: usualSeconds,
    play: underpay,
  },
  late: { summary: 'paid after the deadline: held, not lost', lifetimeSeconds: 8, play: late },
  reorg: {
    summary: 'confirmed, taken back by a reorganisation, confirmed again',
    lifetimeSeconds: usualSeconds,
    play: reorg,
  },
  rbf: {
    summary: 'the payer replaces the transaction by one with a higher fee',
    lifetimeSeconds: usualSeconds,
    play: rbf,
  },
  restart: {
    summary: 'the gateway is killed with -9 between payment and confirmation',
    lifetimeSeconds: usualSeconds,
    play: restart,
  },
};

async function plain(stage: Stage): Promise<void> {
  const { link, bill } = await order(stage);
  const txid = await payAll(stage, link, bill);
  await mine(stage.node, neededBlocks);
  await completed(stage, link, txid);
  await stage.books.prove({ available: unitsOf(bill.coins), suspense: 0n });
}

async function underpay(stage: Stage): Promise<void> {
  const { node, shop, receiver, books } = stage;
  const { link, bill } = await order(stage);
  const part = coinsOf((unitsOf(bill.coins) * 6n) / 10n);
  const first = await pay(stage, bill.address, part);
  await inMempool(stage, link, first);
  await receiver.next('payment.processing');
  await mine(stage.node, neededBlocks);
  const short = await until('the link says that it was short', async () => {
    const seen = await shop.read(link.id);
    return seen.txs.some((tx) => tx.payment_tier === 'short') ? seen : null;
  });
  say('short', `${short.payment_status}: ${part} of ${bill.coins} LTC`);
  const rest = await shop.choose(link, method);
  check(rest.address !== bill.address, 'the rest is asked for on the same address');
  check(unitsOf(rest.coins) < unitsOf(bill.coins), 'the page does not ask for the rest only');
  say('page asks for the rest', `${rest.coins} LTC to ${rest.address}`);
  const second = await node.pay(rest.address, rest.coins);
  await inMempool(stage, link, second);
  await mine(stage.node, neededBlocks);
  await completed(stage, link, second);
  await books.prove({ available: unitsOf(part) + unitsOf(rest.coins), suspense: 0n });
}

async function late(stage: Stage): Promise<void> {
  const { shop, receiver, books } = stage;
  const { link, bill } = await order(stage);
  await until('the deadline', async () => {
    return (await shop.read(link.id)).payment_status === 'expired' ? true : null;
  });
  say('expired', 'nobody paid in time');
  await receiver.next('payment.expired');
  const txid = await pay(stage, bill.address, bill.coins);
  await inMempool(stage, link, txid);
  await mine(stage.node, neededBlocks);
  const seen = await confirmed(stage, link, txid);
  check(seen.payment_status === 'expired', `a late payment made it ${seen.payment_status}`);
  say('late money is held', 'the link stays expired, the merchant decides');
  await books.prove({ available: 0n, suspense: unitsOf(bill.coins) });
}

async function reorg(stage: Stage): Promise<void> {
  const { node, shop, books } = stage;
  const { link, bill } = await order(stage);
  const txid = await payAll(stage, link, bill);
  const [block] = await mine(stage.node, neededBlocks);
  await completed(stage, link, txid);
  await node.call('invalidateblock', block);
  say('chain reorganised', `invalidateblock ${block}`);
  await until('the payment is taken back', async () => {
    return (await shop.read(link.id)).payment_status === 'completed' ? null : true;
  });
  say('taken back', (await shop.read(link.id)).payment_status);
  await stage.receiver.next('payment.processing');
  await books.prove({ available: 0n, suspense: 0n });
  await mine(stage.node, neededBlocks + 1);
  await completed(stage, link, txid);
  await books.prove({ available: unitsOf(bill.coins), suspense: 0n });
}

async function rbf(stage: Stage): Promise<void> {
  const { node, shop, books } = stage;
  const { link, bill } = await order(stage);
  const first = await payAll(stage, link, bill);
  const { txid: second } = await node.call<{ txid: string }>('bumpfee', first);
  say('replaced with a higher fee', second);
  await inMempool(stage, link, second);
  await until('the replaced transaction is gone', async () => {
    const { txs } = await shop.read(link.id);
    return txs.find((tx) => tx.txid === first)?.status === 'failed' ? true : null;
  });
  say('the first one no longer counts', first);
  await mine(stage.node, neededBlocks);
  await completed(stage, link, second);
  await books.prove({ available: unitsOf(bill.coins), suspense: 0n });
}

async function restart(stage: Stage): Promise<void> {
  const { gateway } = stage;
  const { link, bill } = await order(stage);
  const txid = await payAll(stage, link, bill);
  await gateway.kill();
  say('gateway killed with -9', 'the whole process group, its database included');
  await mine(stage.node, neededBlocks);
  await gateway.start();
  await completed(stage, link, txid);
  await stage.books.prove({ available: unitsOf(bill.coins), suspense: 0n });
}

async function order({ shop, receiver }: Stage): Promise<{ link: Link; bill: Bill }> {
  const link = await shop.createLink();
  receiver.expect(link.notify_secret);
  say('created', `12.50 USD, ${link.payment_reference}, ${link.hosted_url}`);
  const bill = await shop.choose(link, method);
  say('chosen on the hosted page', `${bill.coins} LTC to ${bill.address}`);
  return { link, bill };
}

async function payAll(stage: Stage, link: Link, bill: Bill): Promise<string> {
  const txid = await pay(stage, bill.address, bill.coins);
  await inMempool(stage, link, txid);
  await stage.receiver.next('payment.processing');
  return txid;
}

async function pay({ node }: Stage, address: string, coins: string): Promise<string> {
  const txid = await node.pay(address, coins);
  say('paid from the node’s wallet', `${coins} LTC, ${txid}`);
  return txid;
}

async function inMempool({ shop }: Stage, link: Link, txid: string): Promise<void> {
  const { status } = await until('the gateway sees it in the mempool', async () => {
    return (await shop.read(link.id)).txs.find((tx) => tx.txid === txid) ?? null;
  });
  say('seen in mempool', status);
}

async function confirmed({ shop }: Stage, link: Link, txid: string): Promise<Seen> {
  const seen = await until('it is confirmed', async () => {
    const now = await shop.read(link.id);
    return now.txs.some((tx) => tx.txid === txid && tx.status === 'confirmed') ? now : null;
  });
  say('confirmed', txid);
  return seen;
}

async function completed(stage: Stage, link: Link, txid: string): Promise<void> {
  const seen = await confirmed(stage, link, txid);
  check(seen.payment_status === 'completed', `the link is ${seen.payment_status}`);
  say('booked', `the link is ${seen.payment_status}`);
  await stage.receiver.next('payment.completed');
}
