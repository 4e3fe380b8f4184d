// Withdrawals by the day, as bars; the same stands in a table below.
import { CONSENT } from '@/words/consent'
import { count, day as dayOf } from '@/words/format'
import type { Day } from './days'

const WIDTH = 1_060
const HEIGHT = 120
const FOOT = 18
const GAP = 6

export function Days({ days }: { days: readonly Day[] }) {
  const most = Math.max(1, ...days.map((each) => each.withdrawn))
  const width = WIDTH / days.length
  const all = days.reduce((sum, each) => sum + each.withdrawn, 0)
  return (
    <svg
      className="consent-days"
      viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`}
      role="img"
      aria-label={CONSENT.withdrawals.chartOf(count(all), days.length)}
    >
      <line x1={0} x2={WIDTH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
      {days.map((each, index) => {
        const height = (each.withdrawn / most) * (HEIGHT - 18)
        const x = index * width + GAP / 2
        const middle = x + (width - GAP) / 2
        return (
          <g key={each.at}>
            {each.withdrawn > 0 && (
              <>
                <rect x={x} y={HEIGHT - height} width={width - GAP} height={height} rx={2} />
                <text x={middle} y={HEIGHT - height - 5} data-strong>
                  {count(each.withdrawn)}
                </text>
              </>
            )}
            {(days.length - 1 - index) % 3 === 0 && (
              <text x={middle} y={HEIGHT + 14}>
                {dayOf(each.at)}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}
