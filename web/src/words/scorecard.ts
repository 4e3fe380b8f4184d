// What the scorecard says: names, states, and each figure's definition in words.
export type FigureName =
  'latency' | 'delivery' | 'availability' | 'freshness' | 'event_cost' | 'journey_cost'

type Definition = { counted: string; from: string; apart: string }

type Words = {
  name: string
  target: string
  of: (n: string) => string
  worst: string
  value: string
  bad: string
  definition: Definition
}

const FIGURES: Readonly<Record<FigureName, Words>> = {
  latency: {
    name: 'From event to delivery',
    target: '95 of 100 within 300 ms',
    of: (n) => `of ${n} deliveries`,
    worst: 'Slowest destinations',
    value: '95 of 100 within',
    bad: 'Over 300 ms',
    definition: {
      counted:
        'The time from the receipt of the event that brought a message about to the answer of the destination that took it. Ninety-five of a hundred took no longer than this.',
      from: 'The lanes of the destinations, at each answer. Times are counted by magnitude: a figure is at most 13 % too high, never too low.',
      apart: 'What no destination took. Rates, retries and a destination that is down all count.',
    },
  },
  delivery: {
    name: 'Delivery success',
    target: 'at least 95 %',
    of: (n) => `of ${n} deliveries`,
    worst: 'Destinations that took least',
    value: 'Taken',
    bad: 'Not taken',
    definition: {
      counted:
        'Of all deliveries that are over, the share that their destinations took. Given up, expired and unsure ones were not taken.',
      from: 'The lanes of the destinations, when a delivery is over.',
      apart:
        'What a check stopped at the instant of sending, as it was meant to. What a provider says later (bounced, complained): it had taken it.',
    },
  },
  availability: {
    name: 'Availability',
    target: 'at least 99.9 %',
    of: (n) => `of ${n} on record`,
    worst: 'When it was not',
    value: 'Available',
    bad: 'Not for',
    definition: {
      counted:
        'The share of time in which events could be acknowledged. Time between a stop and the next start is down, also where somebody stopped it on purpose.',
      from: "Legato's own record, every ten seconds. A stretch counts only if it could acknowledge at both its ends and told nobody to come again in between.",
      apart: 'The way to this machine: a network or proxy that is down is not seen from here.',
    },
  },
  freshness: {
    name: 'Freshness of events',
    target: '95 of 100 within 15 min',
    of: (n) => `of ${n} events`,
    worst: 'Sources that lag most',
    value: '95 of 100 within',
    bad: 'Over 15 min',
    definition: {
      counted:
        'How old an event is when it comes in: from when it happened, by the corrected clock of its sender, to its receipt.',
      from: 'The way in, at each event that is on disk.',
      apart: 'What was refused or came twice is not kept apart: it came in, so it counts.',
    },
  },
  event_cost: {
    name: 'Cost per 1,000 events',
    target: 'no target',
    of: (n) => `of ${n} events`,
    worst: 'What costs most',
    value: 'Paid',
    bad: '',
    definition: {
      counted:
        'What the messages of this time cost, and the share of a month that Legato itself ran, for each thousand events that came in.',
      from: 'Each channel’s price (`cost`) where a destination took the message; `infrastructure` in legato.yaml.',
      apart:
        'Segments of a long SMS, discounts and what a provider bills beside. What was saved, and lift, need experiments with a holdout: neither is measured yet.',
    },
  },
  journey_cost: {
    name: 'Cost per journey',
    target: 'no target',
    of: (n) => `of ${n} who entered`,
    worst: 'Journeys that cost most',
    value: 'Each who entered',
    bad: '',
    definition: {
      counted:
        'What the messages of journeys cost, for each customer who entered one in this time.',
      from: 'Each channel’s price where a destination took the message, and the journeys’ own record of who entered and who reached the goal.',
      apart: 'Messages of people who entered before this time count, those still to come do not.',
    },
  },
}

export const SCORECARD = {
  title: 'Scorecard',
  overs: { hour: 'Last hour', day: '24 hours', week: '7 days', month: '30 days' },
  over: 'Over which time',
  measures: 'Figures',
  state: {
    met: 'on target',
    missed: 'off target',
    few: 'too few to say',
    none: 'no target',
    empty: 'nothing yet',
  },
  tooShort: 'too short to say',
  allMet: (n: string) => `${n} targets are met.`,
  someMissed: (missed: string) => `Off target: ${missed}.`,
  openStill: (names: string) => `Not enough yet to say: ${names}.`,
  nothing: 'Nothing was counted in this time.',
  begun: (when: string) => `On record since ${when}.`,
  sure: (low: string, high: string) => `95 % sure between ${low} and ${high}`,
  halfWithin: (value: string) => `half within ${value}`,
  ninetyNine: (value: string) => `99 of 100 within ${value}`,
  messagesCost: (value: string) => `messages ${value}`,
  infrastructureCost: (value: string) => `what Legato runs on ${value}`,
  trend: 'Trend',
  line: 'Line',
  table: 'Table',
  view: 'How it is shown',
  when: 'When',
  value: 'Value',
  count: 'Counted',
  targetLine: 'target',
  noTrend: 'Nothing was counted in this time, so there is no trend.',
  noWorst: 'Nothing to show: nothing was counted.',
  never: 'It was available all the time that is on record.',
  others: 'All others',
  goals: 'Reached the goal',
  perGoal: 'Each goal',
  cost: 'Cost',
  definition: 'What this is',
  terms: {
    counted: 'Counted',
    from: 'From where',
    apart: 'Left out',
    window: 'Over',
    target: 'Target',
  },
  windowOf: (from: string, to: string) => `${from} to ${to}.`,
  unpriced: 'No price is declared for what Legato runs on',
  unpricedWhy: (currency: string) =>
    `So this is what messages cost, in ${currency}. Write “infrastructure: {price_per_month: 120}” in legato.yaml to count the machines too.`,
  figures: FIGURES,
} as const
