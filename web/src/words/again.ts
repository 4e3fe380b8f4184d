// What the screen says on which one customer's life is lived again.
export const AGAIN = {
  open: 'Live it again',
  title: (id: string) => `Customer ${id}, lived again`,
  run: 'Live it again',
  empty: 'What would have become of them?',
  emptyWhy:
    'Everything on record of this customer, and of whoever they met, is lived again: the same events, consents and hours, under the plan or the draft that you choose. It runs in a process that no network can be reached from.',
  back: 'Back to the customer',
  under: 'Under which definitions',
  running: 'What runs',
  draft: (name: string) => `Draft: ${name}`,
  since: 'From when on',
  sinces: [
    ['', 'From the beginning'],
    ['1d', 'One day'],
    ['7d', '7 days'],
    ['30d', '30 days'],
  ] as const,
  same: 'It came out as it was',
  sameWhy: 'Nothing in this life would have gone otherwise: no message, no journey, no segment.',
  differs: (n: number) => (n === 1 ? '1 thing goes otherwise' : `${n} things go otherwise`),
  show: 'Which rows',
  shows: [
    ['different', 'What differs'],
    ['all', 'Everything'],
  ] as const,
  both: 'Both timelines',
  was: 'Recorded',
  now: 'Lived again',
  at: 'When',
  nothing: 'Nothing',
  differsWord: 'differs',
  leftOut: (n: string) => `${n} older rows are not shown.`,
  limit: 'How far it can be trusted',
  summary: (records: string, from: string, to: string) =>
    `${records} records lived through, ${from} to ${to}.`,
} as const
