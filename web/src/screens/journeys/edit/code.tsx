// A text with line numbers, to be edited: problems are marked at their lines.
import { type RefObject, useId } from 'react'

export type Mark = { line: number; what: string }

type Props = {
  label: string
  text: string
  marks: readonly Mark[]
  onText: (text: string) => void
  onLine?: (line: number) => void
  onBlur?: () => void
  area?: RefObject<HTMLTextAreaElement | null>
}

export function Code({ label, text, marks, onText, onLine, onBlur, area }: Props) {
  const id = useId()
  const lines = text.split('\n')
  const byLine = new Map(marks.map((mark) => [mark.line, mark.what]))
  return (
    <div className="code">
      <ol className="code-lines" aria-hidden="true">
        {lines.map((_, index) => {
          const wrong = byLine.get(index + 1)
          return (
            <li key={index} data-bad={wrong !== undefined} title={wrong}>
              {index + 1}
            </li>
          )
        })}
      </ol>
      <textarea
        ref={area}
        id={id}
        className="code-text"
        aria-label={label}
        aria-invalid={marks.length > 0}
        spellCheck={false}
        autoCapitalize="off"
        wrap="off"
        rows={lines.length + 1}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onSelect={(event) => onLine?.(lineAt(event.currentTarget))}
        onBlur={onBlur}
      />
    </div>
  )
}

function lineAt(area: HTMLTextAreaElement): number {
  return area.value.slice(0, area.selectionStart).split('\n').length
}
