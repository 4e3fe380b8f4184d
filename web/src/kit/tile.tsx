// The small square that says of what family something is. A word always stands beside it.
import type { Icon } from '@tabler/icons-react'

export type TileKind = 'listen' | 'time' | 'decide' | 'act' | 'end' | 'ok' | 'warn' | 'bad'

export function Tile({ icon: Mark, kind }: { icon: Icon; kind: TileKind }) {
  return (
    <span className="tile" data-kind={kind} aria-hidden="true">
      <Mark size={15} stroke={1.8} />
    </span>
  )
}
