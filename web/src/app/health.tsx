// The line that is always there: how quick, how much arrives, and whether all is well.
import { IconBell } from '@tabler/icons-react'
import { useOverview } from '@/api/queries'
import { Go } from '@/kit/go'
import { count } from '@/words/format'
import { SHELL } from '@/words/shell'
import { seenHealth } from './vitals'

/** How many alerts stand, which Home names. */
export function AlertsLine() {
  const many = useOverview().data?.alerts.length
  const words = SHELL.alerts(many === undefined ? '' : count(many))
  return (
    <Go className="rail-item" to="/" data-hint={words} data-tone={many ? 'warn' : 'none'}>
      <IconBell size={16} stroke={1.7} aria-hidden="true" /> {SHELL.alertsTitle}
      <span className="sr">:</span>
      <span className="rail-more num">{many === undefined ? '' : count(many)}</span>
    </Go>
  )
}

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
