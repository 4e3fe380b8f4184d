// A value that may be personal. The server masks it; here it only looks so.
export const MASKED = '•••'

export function Value({ value }: { value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const isMasked = text === MASKED || text.includes('•')
  return (
    <span className="mono" title={isMasked ? 'Personal: shown for a reason only' : text}>
      {text}
    </span>
  )
}
