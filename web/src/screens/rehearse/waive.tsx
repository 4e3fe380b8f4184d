// Answering for a broken promise: the author's reason, written into the journey of the draft.
import { Button, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { FoundOf } from '@/api/rehearsals'
import { useMay } from '@/app/session'
import { Refusal } from '@/kit/trouble'
import { PROOFS } from '@/words/rehearse'
import type { Draft } from './about'

type Harm = FoundOf<'prove'>['journeys'][number]['harms'][number]

export function Waive({ harm, draft }: { harm: Harm; draft: Draft }) {
  const may = useMay('propose')
  const queries = useQueryClient()
  const [because, setBecause] = useState('')
  const waiving = useMutation({
    mutationFn: () =>
      take(
        api.POST('/api/drafts/{name}/waiver', {
          params: { path: { name: draft.draft.name } },
          body: {
            journey: harm.journey,
            code: harm.promise,
            step: harm.step,
            because: because.trim(),
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['drafts'] }),
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    waiving.mutate()
  }
  return (
    <details className="rehearse-more">
      <summary>{PROOFS.waive}</summary>
      <form className="walk-form" onSubmit={submit} aria-label={PROOFS.waive}>
        <p className="quiet small">{PROOFS.waiveWhy}</p>
        <Textarea
          size="xs"
          label={PROOFS.because}
          autosize
          minRows={2}
          maxLength={500}
          value={because}
          onChange={(event) => setBecause(event.currentTarget.value)}
        />
        <Button
          size="xs"
          type="submit"
          variant="default"
          disabled={!may || because.trim() === '' || waiving.isSuccess}
          loading={waiving.isPending}
        >
          {PROOFS.answer}
        </Button>
        {waiving.isSuccess && (
          <p className="small" role="status">
            {PROOFS.answered}
          </p>
        )}
        {waiving.isError && <Refusal error={waiving.error} />}
      </form>
    </details>
  )
}
