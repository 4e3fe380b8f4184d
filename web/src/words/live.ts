// What the screen of live events says.
export const LIVE = {
  title: 'Live events',
  pause: 'Pause',
  go: 'Go on',
  all: 'Everything',
  kinds: [
    ['', 'Everything'],
    ['decided,settled,revoked,reacted', 'Messages'],
    ['entered,not_entered,moved,left', 'Journeys'],
    ['segment,audience', 'Segments'],
    ['consent,propagated', 'Consent'],
    ['linked,merged,separated,not_linked', 'Identity'],
    ['rejected,fault,alert,trait_refused,not_entered', 'Trouble'],
  ] as const,
  sampled: (shown: string, matched: string) =>
    `Showing ${shown} of the ${matched} that came in the last seconds`,
  all_shown: 'Showing all there are',
  none_shown: 'Listening',
  paused: (waiting: string) => `Paused. ${waiting} came since`,
  lost: (time: string | null) =>
    time === null
      ? 'The line is lost; trying again.'
      : `The line is lost; trying again. What you see is as of ${time}.`,
  waiting: 'Waiting for the first event',
  waitingWhy:
    'Everything that comes in shows here as it happens: what it was, whom it concerned, and what followed.',
  connect: 'Add a site or an app',
  noneOfKind: 'Nothing of this kind yet',
  noneOfKindWhy: 'It shows here as it happens. Other kinds may come in meanwhile.',
  columns: { at: 'When', what: 'What happened', who: 'Customer', more: 'And' },
  choose: 'Choose an event to see its life',
  chooseWhy: 'From where it happened to what every system answered, with the time between.',
  life: 'One event’s life',
  customer: 'See the customer',
  stages: {
    happened: 'Happened',
    received: 'Received',
    admitted: 'Admitted',
    linked: 'Linked',
    folded: 'Folded',
    segments: 'Segments',
    journeys: 'Journeys',
    decisions: 'Decisions',
    deliveries: 'Deliveries',
  },
  atOnce: 'decided in one step',
  total: (time: string) => `${time} from received to the last answer`,
  record: 'The record',
} as const
