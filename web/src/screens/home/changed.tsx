// What changed lately: who made which definitions run, and who paused what.
import { useQuery } from '@tanstack/react-query'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { title } from '@/words/format'
import { HOME } from '@/words/home'

type Made = components['schemas']['MadeChange']

const EVERY_MS = 10_000
const LINES = 6

export function Changed() {
  const nameOf = useNames()
  const made = useQuery({
    queryKey: ['plan', 'history'],
    queryFn: () => take(api.GET('/api/plan/history', { params: { query: { limit: LINES } } })),
    refetchInterval: EVERY_MS,
  })
  return (
    <Card
      title={HOME.changed}
      isBare
      more={
        <Go className="link small" to="/approvals" search={{ show: 'all' }}>
          {HOME.changedAll}
        </Go>
      }
    >
      {made.data === undefined && made.isError && (
        <Trouble error={made.error} retry={made.refetch} />
      )}
      {made.data?.length === 0 && <p className="card-body quiet">{HOME.changedNone}</p>}
      <ol aria-label={HOME.changed}>
        {made.data?.map((one, index) => (
          <li className="home-line home-made" key={`${one.at}-${index}`}>
            <span className="pretty">
              <What one={one} /> <span className="quiet">{nameOf(one.by)}</span>
            </span>
            <Time at={one.at} as="ago" />
          </li>
        ))}
      </ol>
    </Card>
  )
}

function What({ one }: { one: Made }) {
  if (one.kind !== 'applied') {
    const journey = one.journey ?? ''
    return (
      <Go className="link" to={`/journeys/${journey}`}>
        {HOME.switched[one.kind](title(journey))}
      </Go>
    )
  }
  if (one.change === undefined || one.change === 0) return HOME.applied
  return (
    <Go className="link" to={`/approvals/${one.change}`}>
      {one.title}
    </Go>
  )
}
