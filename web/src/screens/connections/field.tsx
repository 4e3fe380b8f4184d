// A field of the form with its label, what it is for, and what is wrong with it.
import type { ReactNode } from 'react'

type FieldProps = {
  label: string
  hint?: string
  wrong?: readonly string[]
  children: ReactNode
}

export function Field({ label, hint, wrong = [], children }: FieldProps) {
  return (
    <div className="connections-field" data-wrong={wrong.length > 0}>
      <span className="connections-label" aria-hidden="true">
        {label}
      </span>
      {children}
      {hint !== undefined && <span className="quiet small">{hint}</span>}
      {wrong.map((each) => (
        <span className="connections-wrong" key={each} role="alert">
          {each}
        </span>
      ))}
    </div>
  )
}
