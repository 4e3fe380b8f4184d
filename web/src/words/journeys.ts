// What the list of journeys says.
export const JOURNEYS = {
  title: 'Journeys',
  search: 'Search by name, owner or purpose',
  show: 'Which journeys',
  shows: [
    ['all', 'All'],
    ['running', 'Running'],
    ['paused', 'Paused'],
    ['unwell', 'Not as they should be'],
  ] as const,
  sort: 'Order',
  sorts: [
    ['name', 'By name'],
    ['inside', 'Most people inside'],
    ['goals', 'Highest goal rate'],
  ] as const,
  found: (found: string, total: string) =>
    found === total ? `${total} in all` : `${found} of ${total}`,
  asOf: (time: string, of: string) => `${of} people counted at ${time}`,
  columns: {
    journey: 'Journey',
    inside: 'Inside now',
    goal: 'Goal reached',
    health: 'Health',
    owner: 'Owner',
    purpose: 'Purpose',
    do: 'Do',
  },
  begins: (how: string) => `Begins ${how}.`,
  noGoal: 'has no goal',
  nobodyYet: 'nobody has finished',
  ofEnded: (n: string) => `of ${n} finished`,
  noPurpose: 'none',
  running: 'Running',
  paused: 'Paused',
  unwell: (n: number) => (n === 1 ? '1 thing wrong' : `${n} things wrong`),
  pause: 'Pause',
  resume: 'Resume',
  mayNot: 'Your role may look, but not pause or resume journeys. Ask an approver or admin.',
  pauseTitle: (title: string) => `Pause “${title}”?`,
  pauseWhat: (n: number, inside: string) =>
    n === 0
      ? 'Nobody is in it now. Nobody comes in until you resume it.'
      : n === 1
        ? 'The one person in it stays where they are, and gets nothing until you resume it.'
        : `The ${inside} people in it stay where they are, and get nothing until you resume it.`,
  pauseCounts: 'What they do meanwhile still counts. It is written in the audit trail as yours.',
  keep: 'Let it run',
  did: (title: string, paused: boolean) => `${title} is ${paused ? 'paused' : 'running again'}.`,
  none: 'No journey yet',
  noneWhy:
    'A journey says who comes in, what happens to them over time, and when they leave. The example shop has eight.',
  nothing: 'No journey is like that',
  nothingWhy: 'Search for something else, or show all.',
  showAll: 'Show all',
  earlier: 'Earlier',
  later: 'Later',
  page: (from: string, to: string, of: string) => `${from} to ${to} of ${of}`,
} as const
