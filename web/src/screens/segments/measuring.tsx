// While the past is measured for a plan to come: how far that is. Nothing else.
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { Note } from '@/kit/note'
import { SEGMENTS } from '@/words/segments'

const EVERY_MS = 5_000

export function Measuring() {
  const run = useQuery({
    queryKey: ['backfill'],
    queryFn: () => take(api.GET('/api/backfill')),
    refetchInterval: EVERY_MS,
  })
  if (run.data?.phase !== 'measuring') return null
  return <Note tone="warn" title={SEGMENTS.measuring(run.data.done ?? 0, run.data.total ?? 0)} />
}
