// The hosted page's script: live status, copy buttons, countdown, the way back. The page works without it.

const POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
const SOON_MS = 120_000;
const RETURN_SECONDS = 10;
const COPIED_MS = 2_000;

const live = { stream: null, poll: 0, pollMs: POLL_MS, loading: false, again: false };
const clock = { timer: 0, endsAt: 0 };
const home = { timer: 0 };

enter();
document.addEventListener('visibilitychange', () => {
  // Back from the wallet: a sleeping tab's stream may be dead without knowing it.
  if (document.visibilityState === 'visible' && page()?.hasAttribute('data-watched')) ask();
});
window.addEventListener('pagehide', unwatch);
window.addEventListener('pageshow', (event) => {
  if (event.persisted) enter();
});

function page() {
  return document.querySelector('main[data-id]');
}

/** Brings a freshly shown main part to life: after loading, and after each exchange. */
function enter() {
  const main = page();
  if (main === null) return;
  for (const button of main.querySelectorAll('[data-copy]')) bringCopyButton(button);
  startCountdown(main.querySelector('[data-left-ms]'));
  if (main.hasAttribute('data-watched')) watch(main.dataset.id);
  else unwatch();
  bringReturn(main);
}

// Live status

function watch(id) {
  if (live.stream !== null || live.poll !== 0) return;
  if (!('EventSource' in window)) return pollLater();
  const stream = new EventSource(`/p/${id}/events`);
  live.stream = stream;
  stream.addEventListener('state', (event) => {
    live.pollMs = POLL_MS;
    compare(JSON.parse(event.data));
  });
  stream.addEventListener('error', () => {
    // The browser reconnects by itself unless the server refused; then ask from time to time.
    if (stream.readyState !== EventSource.CLOSED) return;
    live.stream = null;
    pollLater();
  });
}

function unwatch() {
  live.stream?.close();
  live.stream = null;
  clearTimeout(live.poll);
  live.poll = 0;
}

function pollLater() {
  clearTimeout(live.poll);
  live.poll = setTimeout(async () => {
    live.poll = 0;
    await ask();
    live.pollMs = Math.min(live.pollMs * 1.5, LONGEST_POLL_MS);
    if (live.stream === null && page()?.hasAttribute('data-watched')) pollLater();
  }, live.pollMs);
}

async function ask() {
  const main = page();
  if (main === null) return;
  try {
    const answer = await fetch(`/p/${main.dataset.id}/status`, { cache: 'no-store' });
    if (answer.ok) compare(await answer.json());
  } catch {
    // Offline for a moment; the next time will tell.
  }
}

function compare(status) {
  const main = page();
  if (main === null || status.version === main.dataset.version) return;
  exchange();
}

/** Fetches this very page again and puts its main part in place: the server draws every state. */
function exchange() {
  if (live.loading) {
    live.again = true;
    return;
  }
  live.loading = true;
  const request = new XMLHttpRequest();
  request.open('GET', location.href);
  // Parsed by the browser, scripts inert; needs no text-to-markup call that a policy would forbid.
  request.responseType = 'document';
  request.timeout = 20_000;
  request.addEventListener('loadend', () => {
    live.loading = false;
    const next = request.status === 200 ? request.response?.querySelector('main[data-id]') : null;
    // Asked for once more, it may be what is there: that goes on counting down.
    if (next && !isAlike(next, page())) {
      replace(document.adoptNode(next), request.response.title);
    }
    if (live.again) {
      live.again = false;
      exchange();
    }
  });
  request.send();
}

function isAlike(one, other) {
  return ['version', 'kind'].every((name) => one.dataset[name] === other?.dataset[name]);
}

function replace(next, title) {
  const old = page();
  const hadFocus = old.contains(document.activeElement);
  const changed = old.dataset.kind !== next.dataset.kind;
  old.replaceWith(next);
  document.title = title;
  if (changed) announce(next.dataset.headline);
  if (hadFocus) next.querySelector('#title')?.focus({ preventScroll: true });
  if (changed) next.setAttribute('data-fresh', '');
  enter();
}

function announce(text) {
  document.querySelector('#announce').textContent = text;
}

// Copy buttons

function bringCopyButton(button) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const label = button.querySelector('span');
    const done = await copy(button.dataset.copy);
    label.textContent = done ? 'Copied' : 'Select it';
    button.toggleAttribute('data-copied', done);
    if (done) announce('Copied');
    setTimeout(() => {
      label.textContent = 'Copy';
      button.removeAttribute('data-copied');
    }, COPIED_MS);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without https: the old way still works.
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'vh';
  area.setAttribute('aria-hidden', 'true');
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus?.();
  return done;
}

// Countdown

function startCountdown(time) {
  clearInterval(clock.timer);
  if (time === null) return;
  // By how long is left, not by the wall clock, which may be wrong on the payer's side.
  clock.endsAt = performance.now() + Number(time.dataset.leftMs);
  const tick = () => {
    const leftMs = clock.endsAt - performance.now();
    if (leftMs <= 0) {
      clearInterval(clock.timer);
      exchange();
    }
    time.textContent = remaining(Math.max(leftMs, 0));
    time.closest('.deadline').toggleAttribute('data-soon', leftMs < SOON_MS);
  };
  tick();
  clock.timer = setInterval(tick, 1_000);
}

function remaining(leftMs) {
  const seconds = Math.ceil(leftMs / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  if (hours > 0) return `${hours} h ${pad(minutes)} min`;
  return `${minutes}:${pad(seconds % 60)}`;
}

function pad(number) {
  return String(number).padStart(2, '0');
}

// The way back to the shop, by itself only for a payer who was here while it was still open

function bringReturn(main) {
  clearInterval(home.timer);
  const key = `open:${main.dataset.id}`;
  if (main.hasAttribute('data-open')) return remember(key);
  const link = main.querySelector('[data-return]');
  const note = main.querySelector('[data-return-note]');
  if (link === null || note === null || !forget(key)) return;
  let left = RETURN_SECONDS;
  const text = note.querySelector('[data-return-text]');
  const tick = () => {
    text.textContent = `Returning in ${left} s.`;
    if (left === 0) {
      clearInterval(home.timer);
      location.assign(link.href);
    }
    left -= 1;
  };
  note.hidden = false;
  note.querySelector('[data-stay]').addEventListener('click', () => {
    clearInterval(home.timer);
    note.hidden = true;
    link.focus();
  });
  tick();
  home.timer = setInterval(tick, 1_000);
}

function remember(key) {
  try {
    sessionStorage.setItem(key, '1');
  } catch {
    // Storage may be switched off; the button still leads back.
  }
}

function forget(key) {
  try {
    const known = sessionStorage.getItem(key) !== null;
    sessionStorage.removeItem(key);
    return known;
  } catch {
    return false;
  }
}
