// Which connectors of the catalogue are shown.
import { expect, test } from 'vitest'
import { categoriesIn, matching } from './shelf'

type Connector = Parameters<typeof matching>[0][number]
const NONE = { word: '', direction: '', category: '', status: '' }

function connector(id: string, rest: Partial<Connector> = {}): Connector {
  return {
    id,
    name: id,
    direction: 'destination',
    category: 'crm',
    status: 'verified',
    docs: '',
    does: [],
    accounts: [],
    asks_for: [],
    channel: '',
    purposes: [],
    sunset: '',
    inbound: [],
    used_by: [],
    ...rest,
  }
}

const SHELF = [
  connector('hubspot', { name: 'HubSpot' }),
  connector('hubspot', {
    name: 'HubSpot',
    direction: 'source',
    category: '',
    status: 'documented',
  }),
  connector('twilio_sms', { name: 'Twilio Messaging', category: 'sms', status: 'generic' }),
]

test('every word is looked for in the name, the id and the category', () => {
  expect(matching(SHELF, { ...NONE, word: 'TWILIO sms' })).toHaveLength(1)
  expect(matching(SHELF, { ...NONE, word: 'twilio crm' })).toHaveLength(0)
})

test('filters hold together', () => {
  expect(matching(SHELF, { ...NONE, word: 'hub', direction: 'source' })).toEqual([SHELF[1]])
  expect(matching(SHELF, { ...NONE, status: 'verified', category: 'crm' })).toEqual([SHELF[0]])
})

test('categories are those of destinations, each once', () => {
  expect(categoriesIn(SHELF)).toEqual(['crm', 'sms'])
})
