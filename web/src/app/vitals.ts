// What the health line says, out of what the process says of itself. Pure, so that it can be tested.
import type { Overview } from '@/api/types'
import { hourAndMinute, share, span } from '@/words/format'
import { SHELL } from '@/words/shell'

const DELIVERED_TARGET = 0.95
const LATENCY_TARGET_US = 300_000

type Health = { state: 'ok' | 'warn' | 'bad'; words: string }

type Asked = { data: Overview | undefined; isError: boolean; dataUpdatedAt: number }

/** What the line says: what was seen last stays, and says as of when. */
export function seenHealth({ data, isError, dataUpdatedAt }: Asked): Health {
  if (data === undefined) return isError ? AWAY : { state: 'ok', words: '' }
  const health = healthOf(data)
  if (!isError) return health
  const time = hourAndMinute(dataUpdatedAt * 1_000)
  return { state: 'bad', words: SHELL.health.asOf(health.words, time) }
}

const AWAY: Health = { state: 'bad', words: SHELL.health.away }

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
