// xpay: the list of coins, creating with an address, and what people who sign in cost all others.

import { createReal, echoRequest, note } from './creates.ts';
import { counterMark, get, post } from './requests.ts';
import type { Scene } from './scene.ts';

const QUIET_READS_PER_SECOND = 400;
const QUIET_CONNECTIONS = 16;
const BUSY_CONNECTIONS = 64;
const SIGN_INS_AT_ONCE = 50;
/** The measured pairs swing from second to second: each is measured more than once. */
const SLICES = 2;
/** A 99th percentile swings more than a rate. */
const SIGN_IN_SLICES = 3;
const LISTS = '/api/v1/transactions/available/currencies/100000.00/COC/';

export async function measureTill(scene: Scene): Promise<void> {
  const { real, series } = scene;
  const { token } = scene.gateway.demo.xpay.terminal;
  const headers = [`Authorization: Token ${token}`];
  const list = { port: real.port, connections: 64, requests: [get(LISTS, headers)] };
  const bare = { port: scene.barePort, connections: 64 };
  const [tiny, echo] = [get('/tiny'), echoRequest(scene)];
  for (let slice = 0; slice < SLICES; slice += 1) {
    const sent = async (request: string) => scene.send({ ...bare, requests: [request] });
    series.add('tiny GET beside currencies/s', (await sent(tiny)).perSecond);
    series.add('echo POST beside currencies/s', (await sent(echo)).perSecond);
    note(scene, 'currencies@64', checked(scene, await scene.send(list)));
  }
  const body = JSON.stringify({
    src_currency: 'BTC',
    tgt_currency: 'COC',
    amount: 100_000,
    exchange_id: 1,
    callback: `https://shop.example.com/?order=${counterMark}`,
    fiat_withdraw: 0,
  });
  const request = post('/api/v1/transactions/create/', body, headers);
  for (let slice = 0; slice < SLICES; slice += 1) {
    const links = await createReal(scene, 64);
    series.add('create@64 beside xpay/s', links.perSecond);
    await scene.db.query('checkpoint');
    const made = checked(
      scene,
      await scene.send({ port: real.port, connections: 64, requests: [request] }),
    );
    scene.acknowledged += made.acknowledged;
    note(scene, 'xpay create@64', made);
  }
  await measureSignIns(scene);
}

/**
 * The same reads, alone and while fifty people are signing in all the time: as fast as they are
 * answered, when the processors are wanted by all, and few of them on a machine that has time.
 */
async function measureSignIns(scene: Scene): Promise<void> {
  const { real, series } = scene;
  const { email, password, token } = scene.gateway.demo.xpay.manager;
  const reads = {
    port: real.port,
    connections: BUSY_CONNECTIONS,
    requests: [get('/api/v1/users/', [`Authorization: Token ${token}`])],
  };
  const quiet = { connections: QUIET_CONNECTIONS, perSecond: QUIET_READS_PER_SECOND };
  const signIn = post('/api/v1/auth/login/', JSON.stringify({ email, password }));
  // Each from an address of its own: those of one address wait for each other.
  const crowd = {
    port: real.port,
    connections: SIGN_INS_AT_ONCE,
    addresses: SIGN_INS_AT_ONCE,
    requests: [signIn],
  };
  const loads = Object.entries({ busy: reads, quiet: { ...reads, ...quiet } });
  for (const [how, load] of Array.from({ length: SIGN_IN_SLICES }, () => loads).flat()) {
    const alone = checked(scene, await scene.send(load));
    series.add(`${how} reads alone p99 ms`, alone.latencyMs.p99);
    const [beside, signed] = await Promise.all([scene.send(load), scene.sendBeside(crowd)]);
    series.add(`${how} reads beside sign-ins p99 ms`, checked(scene, beside).latencyMs.p99);
    series.add(`sign-ins/s beside ${how} reads`, checked(scene, signed).perSecond);
  }
}

function checked<R extends { readonly failures: Readonly<Record<string, number>> }>(
  scene: Scene,
  result: R,
): R {
  for (const [what, count] of Object.entries(result.failures)) {
    scene.mishaps.push(`${count} xpay requests were answered with ${what}`);
  }
  return result;
}
