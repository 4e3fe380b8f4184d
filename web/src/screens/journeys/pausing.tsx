// Hold a journey, or go on with it, after saying what that means for those inside.
import { Button, Modal } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Trouble } from '@/kit/trouble'
import { count } from '@/words/format'
import { JOURNEYS } from '@/words/journeys'

export type Row = components['schemas']['JourneyRow']

type Props = { row: Row | null; onDone: () => void }

/** Pausing is asked about; going on is done at once. */
export function Pausing({ row, onDone }: Props) {
  const client = useQueryClient()
  const doing = useMutation({
    mutationFn: ({ name, is_paused }: Row) => {
      const params = { params: { path: { name } } }
      return take(
        is_paused
          ? api.POST('/api/journeys/{name}/resume', params)
          : api.POST('/api/journeys/{name}/pause', params),
      )
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['journeys'] })
      void client.invalidateQueries({ queryKey: ['overview'] })
      onDone()
    },
  })
  const { mutate, reset } = doing
  useEffect(() => {
    reset()
    if (row?.is_paused) mutate(row)
  }, [row, mutate, reset])
  const isAsked = row !== null && (!row.is_paused || doing.isError)
  return (
    <Modal
      opened={isAsked}
      onClose={onDone}
      centered
      title={row && JOURNEYS.pauseTitle(row.title || row.name)}
    >
      {row !== null && (
        <>
          {doing.isError ? (
            <Trouble error={doing.error} />
          ) : (
            <>
              <p className="pretty">{JOURNEYS.pauseWhat(row.inside, count(row.inside))}</p>
              <p className="quiet small pretty">{JOURNEYS.pauseCounts}</p>
            </>
          )}
          <div className="journeys-ask">
            <Button size="xs" variant="default" onClick={onDone}>
              {JOURNEYS.keep}
            </Button>
            <Button size="xs" loading={doing.isPending} onClick={() => mutate(row)}>
              {row.is_paused ? JOURNEYS.resume : JOURNEYS.pause}
            </Button>
          </div>
        </>
      )}
    </Modal>
  )
}
