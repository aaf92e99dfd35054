// One thing that `doctor` found, and how bad it is.

export type Finding = {
  readonly state: 'good' | 'note' | 'bad';
  readonly sentence: string;
  /** What to do about it. */
  readonly advice?: string;
};

export function worst(findings: readonly Finding[]): Finding['state'] {
  if (findings.some(({ state }) => state === 'bad')) return 'bad';
  return findings.some(({ state }) => state === 'note') ? 'note' : 'good';
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
