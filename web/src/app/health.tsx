// The line that is always there: how quick, how much arrives, and whether all is well.
import { useOverview } from '@/api/queries'
import type { Overview } from '@/api/types'
import { share, span } from '@/words/format'
import { SHELL } from '@/words/shell'

const DELIVERED_TARGET = 0.95
const LATENCY_TARGET_US = 300_000

type Health = { state: 'ok' | 'warn' | 'bad'; words: string }

export function HealthLine() {
  const overview = useOverview()
  const health = overview.isError
    ? ({ state: 'bad', words: SHELL.health.away } as const)
    : overview.data === undefined
      ? null
      : healthOf(overview.data)
  return (
    <div className="health" role="status" aria-label="Health" title={health?.words}>
      <span className="health-dot" data-state={health?.state ?? 'ok'} aria-hidden="true" />
      <span className="num">{health?.words ?? ''}</span>
    </div>
  )
}

/** Say in a line how the process is doing. */
export function healthOf({ status, activity }: Overview): Health {
  if (status.is_failing) return { state: 'bad', words: SHELL.health.failing }
  if (!status.is_ready) return { state: 'bad', words: SHELL.health.notReady }
  const sent = activity.messages.reduce((sum, each) => sum + each.sent, 0)
  const failed = activity.messages.reduce((sum, each) => sum + each.failed, 0)
  if (status.latency_p50_us === null || sent + failed === 0) {
    return { state: 'ok', words: SHELL.health.none }
  }
  const delivered = sent / (sent + failed)
  const isSlow = status.latency_p50_us > LATENCY_TARGET_US
  const state = delivered < DELIVERED_TARGET || isSlow ? 'warn' : 'ok'
  const words = `${span(status.latency_p50_us)} · ${share(delivered)} ${SHELL.health.delivered}`
  return { state, words }
}
