// Names and their values, one under the other.
import type { ReactNode } from 'react'

export type Pair = { name: ReactNode; value: ReactNode }

export function Pairs({ pairs }: { pairs: readonly Pair[] }) {
  return (
    <dl className="pairs">
      {pairs.map((pair, index) => (
        <Fragmented key={index} {...pair} />
      ))}
    </dl>
  )
}

function Fragmented({ name, value }: Pair) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
