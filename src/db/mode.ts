// Test and live money share every table; each row says to which of the two worlds it belongs.

export const modes = ['test', 'live'] as const;
export type Mode = (typeof modes)[number];
