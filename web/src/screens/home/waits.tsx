// What waits for whoever is here: the changes that they may approve. Nothing, while none does.
import { useQuery } from '@tanstack/react-query'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Time } from '@/kit/time'
import { HOME } from '@/words/home'

const EVERY_MS = 10_000
const MOST = 100
const LINES = 5

export function Waits() {
  const may = useMay('approve')
  const nameOf = useNames()
  const changes = useQuery({
    queryKey: ['changes', 'mine'],
    queryFn: () => {
      const query = { mine: true, limit: MOST }
      return take(api.GET('/api/changes', { params: { query } }))
    },
    enabled: may,
    refetchInterval: EVERY_MS,
  })
  const waiting = changes.data?.flatMap((each) => each.change ?? []) ?? []
  if (waiting.length === 0) return null
  return (
    <Card
      title={HOME.waits(waiting.length)}
      isBare
      more={
        waiting.length > LINES && (
          <Go className="link small" to="/approvals">
            {HOME.waitsAll}
          </Go>
        )
      }
    >
      <ol>
        {waiting.slice(0, LINES).map((change) => (
          <li className="home-line" key={change.number}>
            <Time at={change.created_at} as="day" />
            <span className="pretty">
              <Go className="link" to={`/approvals/${change.number}`}>
                {change.title}
              </Go>{' '}
              <span className="quiet">{nameOf(change.author.actor)}</span>
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
