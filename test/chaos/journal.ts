// The journal: what the shop knows, and all that the gateway may be held to.

/** A link that the shop wanted. `name` is in its `webhook_data` and finds it in the database. */
export type Wish = {
  readonly name: string;
  readonly key: string | null;
  readonly body: string;
  /** What the sandbox does with its amount by itself. */
  readonly script: 'completes' | 'fails' | null;
  /** Every answer of status 200, word for word; a key makes them all the same. */
  readonly answers: string[];
  /** How often nobody knew whether it had happened. */
  doubts: number;
  link: Link | null;
};

/** An acknowledged link, and what was then done to it. */
export type Link = {
  readonly id: string;
  readonly secret: string;
  readonly wish: Wish;
  readonly deeds: Deed[];
};

/** Something that was asked of a link: money played, or a word set. */
export type Deed = {
  readonly what: string;
  /** `no`: the gateway said that it did nothing. */
  readonly done: 'yes' | 'no' | 'doubt';
};

export type Journal = {
  readonly wishes: Wish[];
  readonly links: Link[];
  /** Answers that no correct gateway gives, noticed on the spot. */
  readonly wrong: string[];
  readonly counts: { acknowledged: number; doubts: number; replays: number; deeds: number };
};

export function createJournal(): Journal {
  return {
    wishes: [],
    links: [],
    wrong: [],
    counts: { acknowledged: 0, doubts: 0, replays: 0, deeds: 0 },
  };
}

/** Writes an answer of status 200 down; the first one makes the link known. */
export function acknowledged(journal: Journal, wish: Wish, text: string): void {
  wish.answers.push(text);
  if (wish.answers.length > 1) {
    journal.counts.replays += 1;
    return;
  }
  const { id, notify_secret: secret } = JSON.parse(text) as { id: string; notify_secret: string };
  wish.link = { id, secret, wish, deeds: [] };
  journal.links.push(wish.link);
  journal.counts.acknowledged += 1;
}
