// On every screen, while Legato does not answer: as of when everything is that still stands there.
import { Refused } from '@/api/client'
import { useOverview } from '@/api/queries'
import { Stale } from '@/kit/trouble'

/** A screen that knows it of its own data says so itself; then this is not shown. */
export function Away() {
  const overview = useOverview()
  const isAway = overview.error instanceof Refused && overview.error.isAway
  return <div className="away">{isAway && <Stale query={overview} />}</div>
}
