// What a simulation found, in tables: which journeys meet, what gates stopped, what offers came to.
import type { ReactNode } from 'react'
import type { FoundOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { Note } from '@/kit/note'
import { type Column, Table } from '@/kit/table'
import { count, title } from '@/words/format'
import { SIMULATE } from '@/words/simulate'
import { codeWords, digitsOf, figure, MICROS, signed } from './figures'
import { sentence } from './scenarios'

type Found = FoundOf<'simulate'>
type Life = Found['now']
type Meeting = Life['meetings'][number]
type Gate = Life['gates'][number]
type Journey = Life['journeys'][number]

const GATES_SHOWN = 12

export function Meetings({ found }: { found: Found }) {
  const was = (row: Meeting) =>
    found.was?.meetings.find((each) => each.one === row.one && each.other === row.other)?.count
  return (
    <Part title={SIMULATE.meetings} why={SIMULATE.meetingsWhy} isNone={noneOf(found, 'meetings')}>
      <Table
        label={SIMULATE.meetings}
        rows={found.now.meetings}
        keyOf={(row) => `${row.one} ${row.other}`}
        columns={[
          {
            name: SIMULATE.both,
            cell: (row) => `${journeyName(row.one)} · ${journeyName(row.other)}`,
          },
          {
            name: SIMULATE.item,
            side: 'end',
            width: 110,
            cell: (row) => count(row.same_item ?? 0),
          },
          { name: SIMULATE.times, side: 'end', width: 80, cell: (row) => count(row.count) },
          ...beside<Meeting>(found, (row) => [row.count, was(row) ?? 0]),
        ]}
      />
    </Part>
  )
}

export function Gates({ found }: { found: Found }) {
  const was = (row: Gate) =>
    found.was?.gates.find((each) => each.journey === row.journey && each.code === row.code)?.count
  return (
    <Part title={SIMULATE.gates} isNone={noneOf(found, 'gates')}>
      <Table
        label={SIMULATE.gates}
        rows={found.now.gates.slice(0, GATES_SHOWN)}
        keyOf={(row) => `${row.journey} ${row.code}`}
        columns={[
          { name: SIMULATE.gate, cell: (row) => sentence(codeWords(row.code)) },
          { name: SIMULATE.journey, cell: (row) => journeyName(row.journey) },
          { name: SIMULATE.refused, side: 'end', width: 90, cell: (row) => count(row.count) },
          ...beside<Gate>(found, (row) => [row.count, was(row) ?? 0]),
        ]}
      />
    </Part>
  )
}

export function Offers({ found }: { found: Found }) {
  const { offers } = found.now
  if (offers == null) return null
  return (
    <Part
      title={SIMULATE.offers}
      why={SIMULATE.offersWhy(count(offers.made))}
      isNone={offers.avoided.length + offers.broken.length === 0 && SIMULATE.offersNone}
    >
      {offers.broken.length > 0 && (
        <div className="card-body">
          <Note tone="bad" title={SIMULATE.offersBroken}>
            {offers.broken
              .map((each) => `${journeyName(each.one)} · ${journeyName(each.other)}`)
              .join(', ')}
          </Note>
        </div>
      )}
      <Table
        label={SIMULATE.offers}
        rows={offers.avoided}
        keyOf={(row) => `${row.refused} ${row.held}`}
        columns={[
          { name: SIMULATE.keptBack, cell: (row) => journeyName(row.refused) },
          { name: SIMULATE.because, cell: (row) => journeyName(row.held) },
          { name: SIMULATE.times, side: 'end', width: 80, cell: (row) => count(row.count) },
        ]}
      />
    </Part>
  )
}

export function Journeys({ found }: { found: Found }) {
  const { now, was, currency } = found
  const names = [...new Set([...now.journeys, ...(was?.journeys ?? [])].map((one) => one.journey))]
  const of = (life: Life | null, name: string): Journey =>
    life?.journeys.find((each) => each.journey === name) ?? {
      journey: name,
      entered: 0,
      sent: 0,
      cost_micros: 0,
    }
  const digits = digitsOf(Math.max(0, ...now.journeys.map((each) => each.cost_micros)))
  return (
    <Card title={SIMULATE.journeys} isBare>
      <Table
        label={SIMULATE.journeys}
        rows={names.toSorted().map((name) => of(now, name))}
        keyOf={(row) => row.journey}
        columns={[
          { name: SIMULATE.journey, cell: (row) => journeyName(row.journey) },
          { name: SIMULATE.entered, side: 'end', cell: (row) => count(row.entered) },
          { name: SIMULATE.sent, side: 'end', cell: (row) => count(row.sent) },
          ...beside<Journey>(found, (row) => [row.sent, of(was, row.journey).sent]),
          {
            name: SIMULATE.cost(currency),
            side: 'end',
            cell: (row) => figure(row.cost_micros / MICROS, digits),
          },
        ]}
      />
    </Card>
  )
}

type PartProps = { title: string; why?: string; isNone: string | false; children: ReactNode }

function Part({ title: head, why, isNone, children }: PartProps) {
  return (
    <Card title={head} isBare>
      {why !== undefined && <p className="card-body quiet small">{why}</p>}
      {isNone === false ? children : <p className="card-body quiet">{isNone}</p>}
    </Card>
  )
}

/** What is different from what runs, where both lived. */
function beside<Row>(found: Found, both: (row: Row) => [number, number]): Column<Row>[] {
  if (found.was == null) return []
  return [
    {
      name: SIMULATE.change,
      side: 'end',
      width: 90,
      cell: (row) => {
        const [now, was] = both(row)
        return now === was ? '' : signed(now - was)
      },
    },
  ]
}

function noneOf(found: Found, what: 'meetings' | 'gates'): string | false {
  if (found.now[what].length > 0) return false
  return what === 'meetings' ? SIMULATE.meetingsNone : SIMULATE.gatesNone
}

function journeyName(name: string): string {
  return name === '' ? SIMULATE.noJourney : title(name)
}
