// Whether a source is heard: a mark, a word, since when; and why not, where it cannot be.
import type { components } from '@/api/schema'
import { RoundMark } from '@/kit/mark'
import { Time } from '@/kit/time'
import { CONNECTIONS } from '@/words/connections'

type Source = components['schemas']['SourceSeen']

/** `isWhole`: when it was heard last stands there too. */
export function Heard({ row, isWhole = false }: { row: Source; isWhole?: boolean }) {
  const words = CONNECTIONS
  const [mark, word] = !row.is_enabled
    ? (['none', words.off] as const)
    : row.broken
      ? (['refuse', words.broken] as const)
      : row.silent_since != null
        ? (['refuse', words.silent] as const)
        : row.heard_at == null
          ? (['none', words.unheard] as const)
          : (['pass', words.heard] as const)
  const since = row.broken_since ?? row.silent_since
  return (
    <div className="connections-state">
      <RoundMark state={mark} />
      <div>
        <span className="strong">{word}</span>
        {since != null && (
          <span className="quiet">
            {' '}
            {words.since} <Time at={since} as="hourAndMinute" />
          </span>
        )}
        {row.broken && <p className="ink2 pretty connections-why">{words.brokenWhy(row.broken)}</p>}
        {row.broken && isWhole && <p className="quiet">{words.brokenThen}</p>}
        {isWhole && row.heard_at != null && (
          <p className="ink2">
            {words.columns.heard} <Time at={row.heard_at} as="ago" />
          </p>
        )}
      </div>
    </div>
  )
}
