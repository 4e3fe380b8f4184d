// What the palette says: it comes behind the shell, and so do its words.
import type { Found } from '@/app/choices'
import { count } from './format'

export const FINDING = {
  hint: 'A journey, a segment, an event, a customer by any identifier',
  customer: (text: string) => `Find the customer “${text}”`,
  screen: 'Go to',
  looking: 'Looking…',
  many: (found: number, isMore: boolean) => `${count(found)}${isMore ? ' and more' : ''} found`,
  away: 'Legato does not answer: only screens are found.',
  kinds: {
    journey: 'Journey',
    segment: 'Segment',
    destination: 'Destination',
    source: 'Source',
    template: 'Message',
    event: 'Event',
    trait: 'Trait',
    term: 'Term',
    person: 'Customer',
  } satisfies Record<Found['kind'], string>,
  person: (id: string) => `Customer ${id}`,
  sentBy: (journey: string) => `in ${journey}`,
  sentByNone: 'no journey sends it',
} as const
