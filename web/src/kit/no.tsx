// Why something was not done, in place; nothing, while nothing was refused.
import { Refused } from '@/api/client'
import { Note } from '@/kit/note'
import { SHELL } from '@/words/shell'

export function No({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  if (!(error instanceof Refused)) return <Note tone="bad" title={SHELL.broken} />
  return (
    <Note tone="bad" title={error.message}>
      {error.fix}
    </Note>
  )
}
