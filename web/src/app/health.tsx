// The line that is always there: how quick, how much arrives, and whether all is well.
import { useOverview } from '@/api/queries'
import { Go } from '@/kit/go'
import { SHELL } from '@/words/shell'
import { seenHealth } from './vitals'

export function HealthLine() {
  const overview = useOverview()
  const { state, words } = seenHealth(overview)
  return (
    <div role="status" aria-label="Health">
      <Go className="health" to="/scorecard" data-hint={words || SHELL.health.more}>
        <span className="health-dot" data-state={state} aria-hidden="true" />
        <span className="num">{words}</span>
        <span className="sr">{SHELL.health.more}</span>
      </Go>
    </div>
  )
}
