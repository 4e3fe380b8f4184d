// An instant: relative or by the clock, exact on hover.
import { useEffect, useState } from 'react'
import type { Instant } from '@/api/types'
import { ago, clock, dateOf, day, exact, hourAndMinute } from '@/words/format'

const WAYS = { clock, day, hourAndMinute }

type Props = { at: Instant; as?: keyof typeof WAYS | 'ago'; className?: string }

export function Time({ at, as = 'clock', className }: Props) {
  const shown = as === 'ago' ? <Ago at={at} /> : WAYS[as](at)
  return (
    <time className={className} dateTime={dateOf(at).toISOString()} title={exact(at)}>
      {shown}
    </time>
  )
}

function Ago({ at }: { at: Instant }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 10_000)
    return () => clearInterval(timer)
  }, [])
  return ago(at)
}
