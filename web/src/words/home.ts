// What the home screen says.
import { count } from './format'

export const HOME = {
  title: 'Home',
  wrong: 'Is anything wrong?',
  wrongs: (n: number) => {
    if (n === 0) return 'Nothing is wrong.'
    return n === 1 ? 'One thing needs a look.' : `${count(n)} things need a look.`
  },
  nothingWrongWhy: 'Events are taken, definitions are whole, no destination is down.',
  day: ({ events, of, taken }: { events: number; of: number; taken: number }) => {
    const came = `In 24 hours ${events === 1 ? 'one event' : `${count(events)} events`} came in`
    if (of === 0) return `${came}.`
    const left = taken === of ? `all ${count(of)}` : `${count(taken)} of ${count(of)}`
    return `${came}, and ${left} deliveries were taken.`
  },
  failing: 'Legato needs a repair',
  notReady: 'No events are taken yet',
  problems: (n: number) =>
    n === 1 ? 'The definitions have a mistake' : `The definitions have ${n} mistakes`,
  problemsWhy: 'What runs goes on as it is until they are mended.',
  paused: (names: string) => `Paused: ${names}`,
  pausedWhy: 'Nobody enters, and nobody in it goes on.',
  lane: (name: string) => `${name} is down`,
  laneWhy: (waiting: string) => `${waiting} deliveries wait for it.`,
  rests: (journeys: string) => `Journeys that rest on it: ${journeys}.`,
  waits: (n: number) => (n === 1 ? 'A change waits for you' : `${n} changes wait for you`),
  waitsAll: 'See all that wait',
  changed: 'What changed',
  changedAll: 'All changes',
  changedNone: 'Nothing was ever applied here.',
  applied: 'Definitions were applied',
  switched: {
    paused: (journey: string) => `${journey} was paused`,
    resumed: (journey: string) => `${journey} goes on`,
  },
  lately: 'Lately',
  seeAll: 'See it live',
  journeys: 'Journeys',
  journeysSince: (start: string) => `Journeys since the start, ${start}`,
  noJourneys: 'Nobody has entered a journey since the start.',
  columns: {
    journey: 'Journey',
    entered: 'Entered',
    goals: 'Reached the goal',
    left: 'Left',
    turned: 'Turned away',
  },
  refused: 'Why messages did not go',
  refusedSince: (start: string) => `Why messages did not go since ${start}`,
  refusals: { message: 'Message', reason: 'Reason', times: 'Times' },
  noRefusals: 'Every message that was decided on could go.',
  next: 'What next?',
  done: 'done',
  open: 'not yet',
  steps: {
    plan: ['Write down what you want', 'Journeys, segments and destinations, as definitions'],
    event: ['See your first event', 'Send one from your site, shop or app'],
    person: ['Know your first customer', 'An event that says who somebody is'],
    sent: ['Send a first message', 'A journey that may, to somebody who said yes'],
    goal: ['Reach a goal', 'Somebody did what the journey is for'],
  } as const,
  example: {
    is: 'This is the example shop',
    isWhy: 'Its orders are of 2011, its people are made up, and nothing leaves this machine.',
    remove: 'Remove the example',
    mayNot: (role: string) => `The role ${role} does not remove it: an admin does.`,
    sure: 'Remove the example for good?',
    sureWhy:
      'Its definitions, customers and history are deleted, and Legato begins anew on a clean workspace. Users and the audit trail stay.',
    removeNow: 'Remove it now',
    keep: 'Keep it',
    going: 'The example is being removed',
    goingWhy: 'Legato begins anew. This page comes back by itself within some seconds.',
  },
  figures: {
    events: 'Events',
    rate: (n: string) => `in 24 hours; ${n} a second now`,
    people: 'Customers known',
    taken: 'Deliveries taken',
    failed: (n: string) => `in 24 hours; ${n} failed`,
    speed: 'From event to delivery',
    target: 'half within this; aim 300 ms',
    waiting: 'Deliveries waiting',
    dead: (n: string) => `${n} given up`,
  },
} as const
