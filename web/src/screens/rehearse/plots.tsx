// What reached a crowd, drawn: columns by day, and bars for how much one person gets in a week.
import type { FoundOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { Table } from '@/kit/table'
import { count, inline, share, title } from '@/words/format'
import { SIMULATE } from '@/words/simulate'
import { sum } from './figures'

type Found = FoundOf<'simulate'>

const WIDTH = 1040
const HEIGHT = 168
const FOOT = 20
const HEAD = 14
const GAP_MOST = 4
/** Greys first, told apart by their names too: no channel is better than another. */
const TONES = 6

export function Days({ found }: { found: Found }) {
  const { days } = found.now
  const channels = Object.keys(found.now.sent)
  const most = Math.max(1, ...days.map((day) => sum(day)))
  const width = WIDTH / days.length
  const gap = Math.min(GAP_MOST, width / 4)
  const every = Math.max(1, Math.ceil(days.length / 12))
  return (
    <Card title={SIMULATE.days_} more={<Legend channels={channels} />}>
      <svg
        className="crowd-days"
        viewBox={`0 0 ${WIDTH} ${HEAD + HEIGHT + FOOT}`}
        role="img"
        aria-label={SIMULATE.daysOf(count(sum(found.now.sent)), days.length)}
      >
        <line x1={0} x2={WIDTH} y1={HEAD + 0.5} y2={HEAD + 0.5} className="crowd-most" />
        <text x={0} y={HEAD - 4}>
          {SIMULATE.aDay(count(most))}
        </text>
        <line x1={0} x2={WIDTH} y1={HEAD + HEIGHT + 0.5} y2={HEAD + HEIGHT + 0.5} />
        {days.map((day, index) => (
          <g key={index} transform={`translate(${index * width + gap / 2} ${HEAD})`}>
            {stacked(day, channels, most).map(({ channel, tone, from, tall }) => (
              <rect key={channel} y={from} width={width - gap} height={tall} data-tone={tone} />
            ))}
            {index % every === 0 && (
              <text y={HEIGHT + 15} x={0}>
                {index === 0 ? SIMULATE.dayOf(1) : index + 1}
              </text>
            )}
          </g>
        ))}
      </svg>
      <details className="rehearse-more">
        <summary>{SIMULATE.asTable}</summary>
        <div className="crowd-table">
          <Table
            label={SIMULATE.days_}
            rows={days.map((day, index) => ({ day, index }))}
            keyOf={(row) => row.index}
            columns={[
              { name: SIMULATE.day, cell: (row) => count(row.index + 1) },
              ...channels.map((channel) => ({
                name: title(channel),
                side: 'end' as const,
                cell: (row: { day: Record<string, number> }) => count(row.day[channel] ?? 0),
              })),
            ]}
          />
        </div>
      </details>
    </Card>
  )
}

type Part = { channel: string; tone: number; from: number; tall: number }

function stacked(day: Record<string, number>, channels: readonly string[], most: number): Part[] {
  let base = HEIGHT
  return channels.flatMap((channel, index) => {
    const tall = (HEIGHT * (day[channel] ?? 0)) / most
    base -= tall
    return tall === 0 ? [] : [{ channel, tone: index % TONES, from: base, tall }]
  })
}

function Legend({ channels }: { channels: readonly string[] }) {
  return (
    <span className="crowd-legend">
      {channels.map((channel, index) => (
        <span key={channel}>
          <i data-tone={index % TONES} aria-hidden="true" />
          {title(channel)}
        </span>
      ))}
    </span>
  )
}

/** In how many weeks somebody got so much; what runs beside it, where both lived. */
export function Pressure({ found }: { found: Found }) {
  const { now, was } = found
  const loads = [...new Set([...now.loads, ...(was?.loads ?? [])].map((each) => each.messages))]
  const weeksOf = (life: Found['now'] | null | undefined, messages: number) =>
    life?.loads.find((each) => each.messages === messages)?.weeks ?? 0
  const all = now.loads.reduce((total, each) => total + each.weeks, 0)
  const most = Math.max(1, ...loads.map((load) => Math.max(weeksOf(now, load), weeksOf(was, load))))
  const rows = loads.toSorted((one, other) => one - other)
  return (
    <Card title={SIMULATE.pressure} isBare>
      <p className="card-body quiet small">{SIMULATE.pressureWhy}</p>
      <Table
        label={SIMULATE.pressure}
        rows={rows}
        keyOf={(load) => load}
        columns={[
          { name: SIMULATE.inAWeek, width: 130, cell: (load) => count(load) },
          {
            name: SIMULATE.share,
            cell: (load) => (
              <Bars
                now={weeksOf(now, load) / most}
                was={was == null ? null : weeksOf(was, load) / most}
                name={inline(share(all === 0 ? 0 : weeksOf(now, load) / all))}
              />
            ),
          },
          { name: SIMULATE.weeks, side: 'end', cell: (load) => count(weeksOf(now, load)) },
          ...(was == null
            ? []
            : [
                {
                  name: SIMULATE.weeksBefore,
                  side: 'end' as const,
                  cell: (load: number) => count(weeksOf(was, load)),
                },
              ]),
        ]}
      />
    </Card>
  )
}

type BarsProps = { now: number; was: number | null; name: string }

function Bars({ now, was, name }: BarsProps) {
  return (
    <span className="crowd-bars">
      <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
        <rect y={was === null ? 3 : 1} width={100 * now} height={was === null ? 8 : 6} />
        {was !== null && <rect y={8} width={100 * was} height={4} data-was />}
      </svg>
      <span className="quiet small num">{name}</span>
    </span>
  )
}
