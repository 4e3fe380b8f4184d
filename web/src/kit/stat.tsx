// Figures side by side, each with its name above and what it means below.
import type { ReactNode } from 'react'

export type Figure = { name: string; value: ReactNode; more?: ReactNode }

export function Stats({ figures }: { figures: readonly Figure[] }) {
  return (
    <div className="stats">
      {figures.map((figure) => (
        <dl className="stat" key={figure.name}>
          <dt>{figure.name}</dt>
          <dd>{figure.value}</dd>
          {figure.more !== undefined && <dd className="stat-small">{figure.more}</dd>}
        </dl>
      ))}
    </div>
  )
}
