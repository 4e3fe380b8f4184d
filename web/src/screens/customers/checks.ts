// The checks of one weighing, in the order in which they ran: which passed, which decided it, and
// what was not reached. Pure, so that it can be tested.
import type { Answer, Weighing } from '@/api/types'
import type { MarkState } from '@/kit/mark'
import { WHY } from '@/words/customers'

export type Check = {
  key: string
  title: string
  state: MarkState
  /** Closed too, behind the one that decided it. */
  isAfter: boolean
  seen: string
  at?: number
  code?: string
}

export function checksOf(answer: Answer, weighing: Weighing): Check[] {
  const entered = answer.way[0]
  const checks: Check[] = []
  if (entered !== undefined) {
    checks.push({
      key: 'way',
      title: WHY.inJourney,
      state: 'pass',
      isAfter: false,
      seen: capital(entered.what),
      at: entered.at,
    })
  }
  let isDecided = false
  for (const gate of weighing.gates) {
    const isClosed = gate.verdict !== 'pass'
    checks.push({
      key: gate.gate,
      title: WHY.gates[gate.gate] ?? capital(gate.gate.replaceAll('_', ' ')),
      state: gate.verdict,
      isAfter: isClosed && isDecided,
      seen: capital(gate.seen),
      at: weighing.at,
      code: gate.code,
    })
    isDecided ||= isClosed
  }
  checks.push(last(answer, isDecided))
  return checks
}

function last(answer: Answer, isDecided: boolean): Check {
  const common = { key: 'delivery', title: WHY.delivery, isAfter: false }
  if (isDecided) return { ...common, state: 'none', seen: WHY.never }
  if (answer.is_sent) {
    const end = answer.way.at(-1)
    const seen = WHY.delivered(answer.receipt, answer.attempt_count)
    return { ...common, state: 'pass', seen, at: end?.at }
  }
  const isOver = ['failed', 'bounced', 'expired', 'in_doubt'].includes(answer.kind)
  return { ...common, state: isOver ? 'refuse' : 'hold', seen: capital(answer.state) }
}

/** The answer without the yes or no that stands above it, and without what stands beside it. */
export function shortSentence(answer: Answer): string {
  const words = answer.sentence
    .replace(/^(No|Yes|Not yet): /, '')
    .replace(/ at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '')
    .replace(/'([a-z0-9_]+)'/g, (_, name: string) => `“${capital(name.replaceAll('_', ' '))}”`)
  return capital(words)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
