// What the customer's screen says of the past.
const HOUR = 3_600_000

export const PAST = {
  pick: 'As of…',
  moment: 'As of this moment, by your clock',
  show: 'Show it',
  agos: [
    ['An hour ago', HOUR],
    ['Yesterday', 24 * HOUR],
    ['A week ago', 7 * 24 * HOUR],
    ['30 days ago', 30 * 24 * HOUR],
  ] as const,
  asOf: (moment: string) => `As of ${moment}.`,
  what: 'What had come in by then, and what was known of it. Nothing here is of now.',
  withheld: (names: string) => `Not kept any longer, so not shown: ${names}.`,
  back: 'Back to now',
  phases: {
    rules: 'Reading which rules held then',
    records: 'Taking their records again',
  } as const,
  of: (done: string, of: string) => `${done} of ${of}`,
  then: 'See them as of then',
} as const
