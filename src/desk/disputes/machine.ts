// The machine of a dispute: what each act does to it in each status. A table, total, nothing else.

/**
 * `open` waits for the other side's answer, `contested` for the opener's, `escalated` for the
 * operator; `resolved`: money moved as was accepted or decided; `withdrawn` and `closed`: nothing
 * moved, because the opener took it back, or gave it up.
 */
export const disputeStatuses = [
  'open',
  'contested',
  'escalated',
  'resolved',
  'withdrawn',
  'closed',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

/**
 * The respondent `accepts` the claim or `contests` it; the opener `insists` or `concedes`, or takes
 * it back; the operator decides; `deadline`: nobody answered in time; `settled`: the money was
 * confirmed or came back by another way meanwhile; `evidence`: a file more.
 */
export const disputeActs = [
  'accept',
  'contest',
  'insist',
  'concede',
  'withdraw',
  'decide',
  'evidence',
  'deadline',
  'settled',
] as const;
export type DisputeAct = (typeof disputeActs)[number];

/** The next status, or `refuse`: the act is not possible now and whoever tried is told so. */
type Decision = DisputeStatus | 'refuse';

/** What has ended stays so: a repetition of the act that ended it is told apart above this. */
const ended = {
  accept: 'refuse',
  contest: 'refuse',
  insist: 'refuse',
  concede: 'refuse',
  withdraw: 'refuse',
  decide: 'refuse',
  evidence: 'refuse',
  deadline: 'refuse',
  settled: 'refuse',
} as const satisfies Readonly<Record<DisputeAct, Decision>>;

const disputeMachine: Readonly<Record<DisputeStatus, Readonly<Record<DisputeAct, Decision>>>> = {
  open: {
    accept: 'resolved',
    contest: 'contested',
    // There is no answer yet to insist against.
    insist: 'refuse',
    concede: 'closed',
    withdraw: 'withdrawn',
    decide: 'resolved',
    evidence: 'open',
    // Who keeps silent is not believed, nor condemned: the operator looks at it.
    deadline: 'escalated',
    settled: 'resolved',
  },
  contested: {
    accept: 'resolved',
    // He adds to what he said; the opener's time goes on.
    contest: 'contested',
    insist: 'escalated',
    concede: 'closed',
    withdraw: 'withdrawn',
    decide: 'resolved',
    evidence: 'contested',
    deadline: 'closed',
    settled: 'resolved',
  },
  escalated: {
    accept: 'resolved',
    contest: 'escalated',
    insist: 'escalated',
    concede: 'closed',
    withdraw: 'withdrawn',
    decide: 'resolved',
    evidence: 'escalated',
    // The operator has no deadline: only a person may move money against somebody's word.
    deadline: 'refuse',
    settled: 'resolved',
  },
  resolved: ended,
  withdrawn: ended,
  closed: ended,
};

export function decideAct(status: DisputeStatus, act: DisputeAct): Decision {
  return disputeMachine[status][act];
}

/** Statuses out of which something still leads: read from the table, not written twice. */
export const livingStatuses: readonly DisputeStatus[] = disputeStatuses.filter((status) =>
  disputeActs.some((act) => decideAct(status, act) !== 'refuse'),
);
