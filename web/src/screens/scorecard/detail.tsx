// One figure: its trend as a line and as a table, what is worst in it, and what it means.
import { SegmentedControl } from '@mantine/core'
import { hasPage } from '@/app/screens'
import { Card as Box } from '@/kit/card'
import { Go, useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { type Column, Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { count, day, hourAndMinute, span, title } from '@/words/format'
import { SCORECARD } from '@/words/scorecard'
import { Trend } from './line'
import { type Card, type Measure, money, type Part, shown } from './measure'

type Props = { measure: Measure; card: Card }

export function Detail({ measure, card }: Props) {
  const words = SCORECARD.figures[measure.name]
  return (
    <section className="score-detail" aria-label={words.name}>
      {measure.name === 'event_cost' && !card.is_priced && (
        <Note tone="warn" title={SCORECARD.unpriced}>
          {SCORECARD.unpricedWhy(card.currency)}
        </Note>
      )}
      <div className="score-two">
        <Course measure={measure} card={card} />
        <Box title={words.worst} isBare>
          <Worst measure={measure} card={card} />
        </Box>
      </div>
      <Meaning measure={measure} card={card} />
    </section>
  )
}

function Course({ measure, card }: Props) {
  const [view, setView] = useParam('view', 'line')
  const words = SCORECARD.figures[measure.name]
  const isTable = view === 'table'
  return (
    <Box
      title={`${words.name}, ${SCORECARD.overs[card.over].toLowerCase()}`}
      isBare
      more={
        <SegmentedControl
          size="xs"
          aria-label={SCORECARD.view}
          value={isTable ? 'table' : 'line'}
          onChange={setView}
          data={[
            { value: 'line', label: SCORECARD.line },
            { value: 'table', label: SCORECARD.table },
          ]}
        />
      }
    >
      {measure.points.every((point) => point.value === null) ? (
        <p className="card-body quiet">{SCORECARD.noTrend}</p>
      ) : isTable ? (
        <Rows measure={measure} card={card} />
      ) : (
        <div className="card-body">
          <Trend measure={measure} card={card} />
        </div>
      )}
    </Box>
  )
}

function Rows({ measure, card }: Props) {
  const rows = [...measure.points].reverse()
  const isTime = measure.name === 'availability'
  return (
    <div className="score-rows" role="region" tabIndex={0} aria-label={SCORECARD.trend}>
      <Table
        label={SCORECARD.trend}
        rows={rows}
        keyOf={(row) => row.at}
        columns={[
          { name: SCORECARD.when, cell: (row) => <When at={row.at} card={card} /> },
          {
            name: SCORECARD.value,
            side: 'end',
            cell: (row) => shown(measure.name, row.value, card.currency),
          },
          {
            name: SCORECARD.count,
            side: 'end',
            cell: (row) => (isTime ? span(row.of) : count(row.of)),
          },
        ]}
      />
    </div>
  )
}

function When({ at, card }: { at: number; card: Card }) {
  if (card.over === 'month') return <Time at={at} as="day" />
  return (
    <>
      {card.over === 'week' && <span className="quiet">{day(at)} </span>}
      <Time at={at} as="hourAndMinute" />
    </>
  )
}

function Worst({ measure, card }: Props) {
  if (measure.parts.length === 0) {
    const isWhole = measure.name === 'availability' && measure.of > 0
    return <p className="card-body quiet">{isWhole ? SCORECARD.never : SCORECARD.noWorst}</p>
  }
  return (
    <Table
      label={SCORECARD.figures[measure.name].worst}
      rows={measure.parts}
      keyOf={(part) => `${part.kind} ${part.name} ${part.at}`}
      columns={[
        { name: nameOf(measure), cell: (part) => <Named part={part} card={card} /> },
        ...columns(measure, card),
      ]}
    />
  )
}

function columns(measure: Measure, card: Card): Column<Part>[] {
  const words = SCORECARD.figures[measure.name]
  const value: Column<Part> = {
    name: words.value,
    side: 'end',
    cell: (part) => shown(measure.name, part.value ?? null, card.currency),
  }
  const cost: Column<Part> = {
    name: SCORECARD.cost,
    side: 'end',
    cell: (part) => money(part.cost_micros, card.currency),
  }
  switch (measure.name) {
    case 'availability':
      return [{ name: words.bad, side: 'end', cell: (part) => span(part.bad) }, value]
    case 'event_cost':
      return [{ name: SCORECARD.count, side: 'end', cell: (part) => count(part.of) }, cost]
    case 'journey_cost':
      return [
        { name: 'Entered', side: 'end', cell: (part) => count(part.of) },
        { name: 'Goals', side: 'end', cell: (part) => count(part.goals) },
        cost,
        value,
      ]
    default:
      return [
        { name: SCORECARD.count, side: 'end', cell: (part) => count(part.of) },
        { name: words.bad, side: 'end', cell: (part) => count(part.bad) },
        value,
      ]
  }
}

function nameOf(measure: Measure): string {
  const kind = measure.parts[0]?.kind
  return kind === undefined || kind === 'moment' ? SCORECARD.when : title(kind)
}

const PLACES = {
  destination: '/connections/destinations/$name',
  source: '/connections/sources/$name',
  journey: '/journeys/$name',
} as const

/** What a part is called, as a link to where it is looked into. */
function Named({ part, card }: { part: Part; card: Card }) {
  if (part.kind === 'moment') return <When at={part.at ?? 0} card={card} />
  if (part.name === '') return <span className="quiet">{SCORECARD.others}</span>
  const place = PLACES[part.kind]
  if (!hasPage(place)) return <span>{title(part.name)}</span>
  return (
    <Go className="link" to={place.replace('$name', encodeURIComponent(part.name))}>
      {title(part.name)}
    </Go>
  )
}

function Meaning({ measure, card }: Props) {
  const { definition, target } = SCORECARD.figures[measure.name]
  const { terms } = SCORECARD
  const from = `${day(card.since)}, ${hourAndMinute(card.since)}`
  const to = `${day(card.until)}, ${hourAndMinute(card.until)}`
  const begun = `${day(card.begun)}, ${hourAndMinute(card.begun)}`
  const isYoung = card.begun > card.since
  return (
    <Box title={SCORECARD.definition}>
      <dl className="score-meaning">
        <dt>{terms.counted}</dt>
        <dd>{definition.counted}</dd>
        <dt>{terms.window}</dt>
        <dd>
          {SCORECARD.windowOf(from, to)}
          {isYoung && ` ${SCORECARD.begun(begun)}`}
        </dd>
        <dt>{terms.from}</dt>
        <dd>{definition.from}</dd>
        <dt>{terms.apart}</dt>
        <dd>{definition.apart}</dd>
        <dt>{terms.target}</dt>
        <dd>{target}</dd>
      </dl>
    </Box>
  )
}
