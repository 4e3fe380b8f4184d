// What a destination took and what failed, by time: bars, and the same as a table beside them.
import { SegmentedControl } from '@mantine/core'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { CONNECTIONS } from '@/words/connections'
import { count, dayAndMinute, hourAndMinute, span as lengthOf } from '@/words/format'
import { type Bar, barsOf, ceilingOf, type Span, total } from './pulse'

type Pulse = components['schemas']['Pulse']

const WORDS = CONNECTIONS.one
const WIDTH = 640
const HEIGHT = 168
const LEFT = 34
const BOTTOM = 20
const TOP = 8
const TICKS = 4

type Props = { name: string; pulse: Pulse; now: number }

export function PulseChart({ name, pulse, now }: Props) {
  const [shown, setShown] = useParam('span', 'hour')
  const span: Span = shown === 'day' ? 'day' : 'hour'
  const beats = pulse[span]
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label={WORDS.span}
      value={span}
      onChange={setShown}
      data={WORDS.spans.map(([value, label]) => ({ value, label }))}
    />
  )
  return (
    <Card title={WORDS.health} more={choice} isBare>
      {beats.length === 0 ? (
        <Empty title={WORDS.empty}>{WORDS.emptyWhy(dayAndMinute(pulse.since))}</Empty>
      ) : (
        <div className="connections-pulse">
          <Bars name={name} bars={barsOf(beats, span, now)} pulse={pulse} span={span} />
          <div className="connections-beats" tabIndex={0} role="region" aria-label={WORDS.health}>
            <Table
              label={WORDS.chart(name)}
              rows={beats.toReversed()}
              keyOf={(row) => row.at}
              columns={[
                { name: WORDS.at, cell: (row) => <Time at={row.at} as="hourAndMinute" /> },
                { name: WORDS.taken, side: 'end', cell: (row) => count(row.accepted) },
                { name: WORDS.failed, side: 'end', cell: (row) => count(row.failed) },
                { name: WORDS.p50, side: 'end', cell: (row) => took(row.p50_us) },
                { name: WORDS.p99, side: 'end', cell: (row) => took(row.p99_us) },
              ]}
            />
          </div>
        </div>
      )}
    </Card>
  )
}

function took(micros: number | null | undefined): string {
  return micros == null ? CONNECTIONS.none : lengthOf(micros)
}

type BarsProps = { name: string; bars: readonly Bar[]; pulse: Pulse; span: Span }

function Bars({ name, bars, pulse, span }: BarsProps) {
  const most = ceilingOf(bars)
  const wide = (WIDTH - LEFT) / bars.length
  const room = HEIGHT - TOP - BOTTOM
  const y = (value: number) => TOP + room * (1 - value / most)
  const sums = total(pulse[span])
  const by = span === 'hour' ? WORDS.byMinute : WORDS.byQuarter
  const label = `${WORDS.chart(name)}: ${WORDS.chartSays(count(sums.accepted), count(sums.failed), by)}`
  const every = Math.floor(bars.length / TICKS)
  return (
    <figure className="connections-figure">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {[0, most / 2, most].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={WIDTH} y1={y(value)} y2={y(value)} stroke="var(--line)" />
            <text x={LEFT - 6} y={y(value) + 4} textAnchor="end">
              {count(value)}
            </text>
          </g>
        ))}
        {bars.map((bar, index) => (
          <OneBar key={bar.at} bar={bar} x={LEFT + index * wide} wide={wide} y={y} />
        ))}
        {bars.map(
          (bar, index) =>
            index % every === 0 && (
              <text key={bar.at} x={LEFT + index * wide} y={HEIGHT - 4}>
                {hourAndMinute(bar.at)}
              </text>
            ),
        )}
      </svg>
      <figcaption className="row quiet small">
        <span className="connections-key" data-of="taken" aria-hidden="true" />
        {WORDS.taken} {count(sums.accepted)}
        <span className="connections-key" data-of="failed" aria-hidden="true" />
        {WORDS.failed} {count(sums.failed)}
        <span className="grow" />
        {WORDS.started(count(pulse.accepted), dayAndMinute(pulse.since))}
      </figcaption>
    </figure>
  )
}

type BarProps = { bar: Bar; x: number; wide: number; y: (value: number) => number }

function OneBar({ bar, x, wide, y }: BarProps) {
  const size = { x: x + 0.5, width: Math.max(wide - 1, 1) }
  const upper = bar.accepted + bar.failed
  if (upper === 0) return null
  return (
    <g>
      <title>{`${hourAndMinute(bar.at)}: ${count(bar.accepted)} · ${count(bar.failed)}`}</title>
      <rect {...size} y={y(upper)} height={y(bar.accepted) - y(upper)} fill="var(--flow-bad)" />
      <rect {...size} y={y(bar.accepted)} height={y(0) - y(bar.accepted)} fill="var(--flow)" />
    </g>
  )
}
