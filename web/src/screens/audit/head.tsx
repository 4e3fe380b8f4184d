// How far the trail goes: what to note elsewhere, so that a cut would show.
import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { Trouble } from '@/kit/trouble'
import { AUDIT } from '@/words/audit'
import { count } from '@/words/format'

const EVERY_MS = 15_000

export function AuditHead() {
  const clipboard = useClipboard()
  const head = useQuery({
    queryKey: ['audit', 'head'],
    queryFn: () => take(api.GET('/api/audit/head')),
    refetchInterval: EVERY_MS,
  })
  if (head.data === undefined) {
    return head.isError ? <Trouble error={head.error} retry={head.refetch} /> : null
  }
  const { number, digest } = head.data
  return (
    <section className="audit-head" aria-label={AUDIT.head}>
      <dl>
        <dt>{AUDIT.headNumber}</dt>
        <dd>{count(number)}</dd>
      </dl>
      <dl className="grow">
        <dt>{AUDIT.headDigest}</dt>
        <dd className="mono audit-digest">{digest}</dd>
      </dl>
      <Button size="xs" variant="default" onClick={() => clipboard.copy(`${number} ${digest}`)}>
        {clipboard.copied ? AUDIT.copied : AUDIT.copy}
      </Button>
      <p className="quiet small">{AUDIT.headWhy}</p>
    </section>
  )
}
